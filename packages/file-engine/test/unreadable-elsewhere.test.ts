import { describe, expect, test } from "vitest";

import type { SnapshotFormat } from "../src/snapshots/snapshot-format.js";
import type { FileStore } from "../src/workspace/file-store.js";
import type { Workspace } from "../src/workspace/workspace.js";
import { lineFormat, type Lines, put } from "./row-format.js";
import { useWorkspaces } from "./workspaces.js";

const workspaces = useWorkspaces();

/** Rows of one length only, as vectors are of one dimension. */
function rowsOf(length: number): SnapshotFormat<Lines> {
  const format = lineFormat({ fileName: "rows.txt" });
  const check = (text: string): void => {
    if (text.length !== length) throw new RangeError(`a row of ${text.length}, not ${length}`);
  };
  return {
    ...format,
    async read(source, state) {
      await format.read(source, state);
      for (const [, { text }] of state.rows.entries()) check(text);
    },
    apply(state, operation) {
      if (operation.body.length > 0) check(Buffer.from(operation.body).toString());
      format.apply(state, operation);
    },
  };
}

interface Process {
  readonly workspace: Workspace;
  readonly rows: FileStore<Lines>;
  readonly list: FileStore<Lines>;
}

async function start(length: number): Promise<Process> {
  const workspace = workspaces.open();
  return {
    workspace,
    rows: await workspace.open(rowsOf(length)),
    list: await workspace.open(lineFormat()),
  };
}

async function latest({ workspace }: Process, store: FileStore<Lines>): Promise<string[]> {
  await workspace.catchUp(store);
  return store.state.all;
}

describe("what another process commits that this one cannot take in", () => {
  test("is not lost when this one brings the files up to date", async () => {
    const [ours, theirs] = [await start(4), await start(8)];
    ours.rows.apply([put("a", "four")]);
    ours.list.apply([put("b")]);
    await ours.workspace.commitAll();
    await latest(theirs, theirs.rows).catch(() => {});
    await latest(theirs, theirs.list).catch(() => {});
    await theirs.workspace.publish().catch(() => {});
    const again = await start(4);
    expect([again.rows.state.all, again.list.state.all]).toEqual([["a=four"], ["b=b"]]);
  });

  test("is refused to those who ask for it, and to nobody else", async () => {
    const [ours, theirs] = [await start(4), await start(8)];
    ours.rows.apply([put("a", "four")]);
    ours.list.apply([put("b")]);
    await ours.workspace.commitAll();
    expect(await latest(theirs, theirs.list)).toEqual(["b=b"]);
    await expect(latest(theirs, theirs.rows)).rejects.toThrow(/a row of 4/);
    theirs.list.apply([put("c")]);
    await theirs.workspace.commitAll();
    theirs.rows.apply([put("d", "of eight")]);
    const [rows, list] = await Promise.allSettled([
      theirs.workspace.commit([theirs.rows]),
      (theirs.list.apply([put("e")]), theirs.workspace.commit([theirs.list])),
    ]);
    expect([rows.status, list.status]).toEqual(["rejected", "fulfilled"]);
    expect((await theirs.workspace.publish()).get(theirs.rows)).toBeInstanceOf(RangeError);
    await expect(theirs.workspace.commitAll()).rejects.toThrow(/a row of 4/);
    expect(await latest(ours, ours.list)).toEqual(["b=b", "c=c", "e=e"]);
    expect(await latest(ours, ours.rows)).toEqual(["a=four"]);
  });

  test("can be dropped by this one, which goes on from there", async () => {
    const [ours, theirs] = [await start(4), await start(8)];
    ours.rows.apply([put("a", "four")]);
    await ours.workspace.commitAll();
    await ours.workspace.publish();
    await expect(latest(theirs, theirs.rows)).rejects.toThrow(/a row of 4/);
    await theirs.workspace.drop(theirs.rows);
    expect(await latest(theirs, theirs.rows)).toEqual([]);
    theirs.rows.apply([put("b", "of eight")]);
    await theirs.workspace.commitAll();
    await theirs.workspace.publish();
    expect((await start(8)).rows.state.all).toEqual(["b=of eight"]);
    await expect(latest(ours, ours.rows)).rejects.toThrow(/a row of 8/);
  });

  test("is read when it is well again, with what was pending meanwhile", async () => {
    const [ours, theirs] = [await start(4), await start(8)];
    theirs.rows.apply([put("c", "of eight")]);
    ours.rows.apply([put("a", "four")]);
    await ours.workspace.commitAll();
    await expect(latest(theirs, theirs.rows)).rejects.toThrow(/a row of 4/);
    await ours.workspace.drop(ours.rows);
    expect(await latest(theirs, theirs.rows)).toEqual(["c=of eight"]);
    await theirs.workspace.commitAll();
    expect((await start(8)).rows.state.all).toEqual(["c=of eight"]);
  });
});
