import { expect, test } from "vitest";

import { type FileSystem, nodeFileSystem } from "../src/files/file-system.js";
import { lineFormat, put } from "./row-format.js";
import { useWorkspaces } from "./workspaces.js";

const workspaces = useWorkspaces();

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
  const [ours, theirs] = [workspaces.open(), workspaces.open({ fileSystem: reads.fileSystem })];
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
