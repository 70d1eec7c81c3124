import { afterEach, beforeEach, expect, test } from "vitest";

import { type FileSystem, nodeFileSystem } from "../src/files/file-system.js";
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
function openWorkspace(fileSystem: FileSystem = nodeFileSystem): Workspace {
  const paths = new WorkspacePaths(folder, fileSystem);
  const workspace = new Workspace({ paths, name: "", settings: SETTINGS, fileSystem, logger: silent });
  opened.push(workspace);
  return workspace;
}

/** A file system whose reads wait while it is held. */
class HeldReads {
  #open: Promise<void> = Promise.resolve();
  #letGo: () => void = () => {};
  #reached: () => void = () => {};

  readonly fileSystem: FileSystem = {
    ...nodeFileSystem,
    open: async (path, mode) => {
      const file = await nodeFileSystem.open(path, mode);
      return {
        ...file,
        read: async (buffer, position) => {
          this.#reached();
          await this.#open;
          return file.read(buffer, position);
        },
      };
    },
  };

  /** @returns when the first read waits */
  hold(): Promise<void> {
    this.#open = new Promise((resolve) => void (this.#letGo = resolve));
    return new Promise((resolve) => void (this.#reached = resolve));
  }

  letGo(): void {
    this.#letGo();
  }
}

test("what was committed before it was asked for is seen, also while what came before is being read", async () => {
  const reads = new HeldReads();
  const format = lineFormat();
  const [ours, theirs] = [openWorkspace(), openWorkspace(reads.fileSystem)];
  const [our, their] = [await ours.open(format), await theirs.open(format)];
  our.apply([put("none")]);
  await ours.commit([our]);
  await theirs.catchUp(their);
  our.apply([put("one")]);
  await ours.commit([our]);
  const isReading = reads.hold();
  const first = theirs.catchUp(their);
  await isReading;
  our.apply([put("two")]);
  await ours.commit([our]);
  const second = theirs.catchUp(their).then(() => their.state.all);
  reads.letGo();
  await first;
  expect(await second).toEqual(["none=none", "one=one", "two=two"]);
  await ours.close(our);
  await theirs.close(their);
});
