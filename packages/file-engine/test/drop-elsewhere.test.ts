import { readFile } from "node:fs/promises";

import { describe, expect, test } from "vitest";

import { lineFormat, put } from "./row-format.js";
import { useWorkspaces } from "./workspaces.js";

const workspaces = useWorkspaces();

describe.each(["remove", "write-empty"] as const)("a drop by another process (%s)", (whenDropped) => {
  const format = lineFormat({ whenDropped });

  test.each([
    ["there is no file", 0],
    ["the file is as a drop leaves it", 1],
    ["it is dropped again and again", 3],
  ])("is seen where %s, and nothing dropped comes back", async (_, drops) => {
    const [ours, theirs] = [workspaces.open(), workspaces.open()];
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
    expect([our.state.all, await readFile(workspaces.pathOf("list.txt"), "utf8")]).toEqual([
      ["kept=kept"],
      "kept=kept\nend",
    ]);
    await ours.close(our);
    await theirs.close(their);
  });
});
