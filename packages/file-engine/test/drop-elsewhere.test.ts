import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { nodeFileSystem } from "../src/files/file-system.js";
import { WorkspacePaths } from "../src/workspace/workspace-paths.js";
import { Workspace } from "../src/workspace/workspace.js";
import { SETTINGS } from "./crash-model.js";
import { lineFormat, put, silent, temporaryFolder } from "./row-format.js";

let folder: string;
let removeFolder: () => Promise<void>;
const opened: Workspace[] = [];

beforeEach(async () => {
  ({ path: folder, remove: removeFolder } = await temporaryFolder());
});

afterEach(async () => {
  for (const workspace of opened.splice(0)) await workspace.closeServices();
  await removeFolder();
});

/** As another process has it: nothing is shared but the folder. */
function openWorkspace(): Workspace {
  const paths = new WorkspacePaths(folder, nodeFileSystem);
  const workspace = new Workspace({
    paths,
    name: "",
    settings: SETTINGS,
    fileSystem: nodeFileSystem,
    logger: silent,
  });
  opened.push(workspace);
  return workspace;
}

describe.each(["remove", "write-empty"] as const)("a drop by another process (%s)", (whenDropped) => {
  const format = lineFormat({ whenDropped });

  test.each([
    ["there is no file", 0],
    ["the file is as a drop leaves it", 1],
    ["it is dropped again and again", 3],
  ])("is seen where %s, and nothing dropped comes back", async (_, drops) => {
    const [ours, theirs] = [openWorkspace(), openWorkspace()];
    const [our, their] = [await ours.open(format), await theirs.open(format)];
    for (let drop = 0; drop <= drops; drop += 1) {
      our.apply([put(`dropped ${drop}`)]);
      await ours.commit([our]);
      await theirs.catchUp(their);
      expect(their.state.all).toEqual([`dropped ${drop}=dropped ${drop}`]);
      await ours.drop(our);
      await theirs.catchUp(their);
      expect(their.state.all).toEqual([]);
    }
    their.apply([put("kept")]);
    await theirs.commit([their]);
    await theirs.publish();
    await ours.catchUp(our);
    expect([our.state.all, await readFile(join(folder, "list.txt"), "utf8")]).toEqual([
      ["kept=kept"],
      "kept=kept\nend",
    ]);
    await ours.close(our);
    await theirs.close(their);
  });
});
