import { expect, test } from "vitest";

import { SimulatedDisk, SimulatedProcess } from "../src/testing/index.js";
import type { FileStore } from "../src/workspace/file-store.js";
import { WorkspacePaths } from "../src/workspace/workspace-paths.js";
import { Workspace } from "../src/workspace/workspace.js";
import { arbitraryCut, FOLDER, SETTINGS } from "./crash-model.js";
import {
  formatPair,
  NAMES,
  type Pair,
  type PairedLines,
  pairFormat,
  parsePair,
  VALUES,
} from "./pair-format.js";
import { put, remove, silent } from "./row-format.js";

const [VALUES_PATH, NAMES_PATH] = [`${FOLDER}/${VALUES}`, `${FOLDER}/${NAMES}`];

interface Program {
  readonly workspace: Workspace;
  readonly store: FileStore<PairedLines>;
}

async function start(process: SimulatedProcess, snapshot: "finalize" | "commit"): Promise<Program> {
  const paths = new WorkspacePaths(FOLDER, process);
  const settings = { ...SETTINGS, snapshot };
  const workspace = new Workspace({ paths, name: "", settings, fileSystem: process, logger: silent });
  return { workspace, store: await workspace.open(pairFormat()) };
}

/** What another program sees that knows nothing of journals; `null` where one half is missing. */
function foreignView(disk: SimulatedDisk): Pair | null {
  const [values, names] = [disk.read(VALUES_PATH), disk.read(NAMES_PATH)];
  return values === null || names === null ? null : parsePair(values.toString(), names.toString());
}

/** Reads the pair as it stands, and writes it back without its gaps and with one more row. */
function writeForeign(disk: SimulatedDisk, id: string): void {
  const pair = foreignView(disk) ?? { values: [], names: [] };
  const named = pair.names.filter(([place]) => place < pair.values.length);
  const next = formatPair({
    values: [...named.map(([place]) => pair.values[place] ?? ""), `${id}:0`],
    names: [...named.map(([, name], place) => [place, name] as const), [named.length, id]],
  });
  disk.replace(VALUES_PATH, next.values);
  disk.replace(NAMES_PATH, next.names);
}

function mistaken({ values, names }: Pair): string[] {
  return names.flatMap(([place, id]) => {
    const value = values[place] ?? "";
    return value === "" || value.startsWith(`${id}:`) ? [] : [`${id} has ${value}`];
  });
}

type Action = (program: Program, version: number) => Promise<void>;

const row = (id: string, version: number): ReturnType<typeof put> => put(id, `${id}:${version}`);

const change: Action = async ({ store, workspace }, version) => {
  store.apply([row(`new${version}`, version), row("r1", version), remove(`r${version + 1}`)]);
  await workspace.commitAll();
};
const shrink: Action = async ({ store, workspace }) => {
  store.apply([remove("r0"), remove("r4"), remove("r5")]);
  await workspace.commitAll();
};
const publish: Action = async ({ workspace }) => {
  await workspace.publish();
};

const SCENARIOS: Record<string, readonly Action[]> = {
  "changes, then a publish": [change, change, publish],
  "deletes, and a publish after which rows move": [shrink, publish, change, publish],
  "a publish after each change": [change, publish, change, publish, change, publish],
};

/** Runs until it is done or the program ends. @returns the rows after each commit, and how many were acknowledged */
async function run(
  disk: SimulatedDisk,
  snapshot: "finalize" | "commit",
  actions: readonly Action[],
  endBefore: number,
): Promise<{ states: string[][]; acknowledged: number; hasEnded: boolean }> {
  const process = new SimulatedProcess(disk);
  const states: string[][] = [];
  let acknowledged = 0;
  let hasEnded = false;
  const work = async (): Promise<void> => {
    const program = await start(process, snapshot);
    states.push(program.store.state.all.sort());
    process.endBefore = process.steps + endBefore;
    for (const [index, action] of actions.entries()) {
      const done = action(program, index + 1);
      const rows = program.store.state.all.sort();
      if (rows.join() !== states.at(-1)?.join()) states.push(rows);
      await done;
      acknowledged = states.length - 1;
    }
  };
  await Promise.race([work(), process.ended.then(() => (hasEnded = true))]);
  process.kill();
  return { states, acknowledged, hasEnded };
}

async function newDisk(): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  disk.makeFolder(FOLDER);
  const process = new SimulatedProcess(disk);
  const program = await start(process, "finalize");
  program.store.apply([0, 1, 2, 3, 4, 5].map((index) => row(`r${index}`, 0)));
  await program.workspace.commitAll();
  await program.workspace.publish();
  process.kill();
  return disk;
}

/** @returns what is wrong with what a crash has left */
async function findFault(
  disk: SimulatedDisk,
  snapshot: "finalize" | "commit",
  { states, acknowledged }: Awaited<ReturnType<typeof run>>,
  foreign: readonly string[],
): Promise<string | undefined> {
  const before = foreignView(disk);
  if (before === null) return "another program finds one half only";
  const [wrong] = mistaken(before);
  if (wrong !== undefined) return `before recovery, ${wrong}`;
  for (const id of foreign) writeForeign(disk, id);
  const process = new SimulatedProcess(disk);
  const program = await start(process, snapshot);
  const rows = program.store.state.all.filter((line) => !foreign.some((id) => line.startsWith(`${id}=`)));
  const wanted = states.slice(acknowledged, acknowledged + 2).map((state) => state.join());
  if (!wanted.includes(rows.sort().join())) return `found ${rows.join()}, not ${wanted.join(" or ")}`;
  if (program.store.state.rows.size !== rows.length + foreign.length)
    return "the other program's row is lost";
  await program.workspace.publish();
  const after = foreignView(disk);
  const [stillWrong] = after === null ? ["one half is missing"] : mistaken(after);
  process.kill();
  return stillWrong;
}

test.each(
  (["finalize", "commit"] as const).flatMap((snapshot) =>
    Object.keys(SCENARIOS).map((name) => ({ name, snapshot })),
  ),
)("$name, ended at any step, snapshots at $snapshot: no row gets another one's value", async (scenario) => {
  const { name, snapshot } = scenario;
  const faults: string[] = [];
  for (let endBefore = 0, hasEnded = true; hasEnded; endBefore += 1) {
    const disk = await newDisk();
    const left = await run(disk, snapshot, SCENARIOS[name] ?? [], endBefore);
    ({ hasEnded } = left);
    const disks: [string, SimulatedDisk, string[]][] = [
      ["process", disk.copy(), []],
      ["lost", disk.afterPowerCut(() => "lost"), []],
      ["torn", disk.afterPowerCut(() => "torn"), []],
      ["cut 1", disk.afterPowerCut(arbitraryCut(endBefore)), []],
      ["cut 2", disk.afterPowerCut(arbitraryCut(endBefore + 1000)), []],
      ["then another program", disk.copy(), ["last"]],
      ["a power cut, then another program", disk.afterPowerCut(arbitraryCut(endBefore)), ["last"]],
    ];
    for (const [how, state, foreign] of disks) {
      const fault = await findFault(state, snapshot, left, foreign).catch((error: unknown) => String(error));
      if (fault !== undefined) faults.push(`ended before step ${endBefore}, ${how}: ${fault}`);
    }
  }
  expect(faults).toEqual([]);
});

test("another program that wrote one half and stopped is found out, and nothing is overwritten", async () => {
  const disk = await newDisk();
  const pair = foreignView(disk) ?? { values: [], names: [] };
  const half = formatPair({ ...pair, values: pair.values.toReversed() }).values;
  disk.replace(VALUES_PATH, half);
  await expect(start(new SimulatedProcess(disk), "finalize")).rejects.toMatchObject({
    code: "STORAGE_CORRUPTION",
  });
  expect(disk.read(VALUES_PATH)?.toString()).toBe(half);
});

test("a half that is missing is waited for, and then found out", async () => {
  const disk = await newDisk();
  const pair = foreignView(disk) ?? { values: [], names: [] };
  const again = disk.copy();
  const process = new SimulatedProcess(again);
  await process.remove(NAMES_PATH);
  setTimeout(() => again.replace(NAMES_PATH, formatPair(pair).names), 50);
  expect((await start(process, "finalize")).store.state.all).toHaveLength(6);

  await new SimulatedProcess(disk).remove(NAMES_PATH);
  await expect(start(new SimulatedProcess(disk), "finalize")).rejects.toThrow(/names\.txt is missing/);
});
