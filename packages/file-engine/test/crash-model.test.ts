import { describe, expect, test } from "vitest";

import { SimulatedDisk } from "../src/testing/index.js";
import {
  type Action,
  arbitraryCut,
  findFault,
  FOLDER,
  runScenario,
  type Scenario,
  SETTINGS,
} from "./crash-model.js";

const ACTIONS: readonly Action[] = [
  "commit-1",
  "commit-2",
  "commit-both",
  "publish-1",
  "publish-2",
  "foreign",
];
/** Longer for a thorough run: TETRAD_MODEL_LENGTH=4 takes some minutes. */
const LENGTH = Number(process.env["TETRAD_MODEL_LENGTH"] ?? 2);

function* sequences(length: number): Iterable<Action[]> {
  if (length === 0) yield [];
  else for (const rest of sequences(length - 1)) for (const action of ACTIONS) yield [...rest, action];
}

async function newDisk(): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  disk.makeFolder(FOLDER);
  return disk;
}

/** Ends the first program before each of its steps, and cuts the power in several ways. */
async function faultsOf(scenario: Scenario): Promise<string[]> {
  const faults: string[] = [];
  for (let endBefore = 0; ; endBefore += 1) {
    const disk = await newDisk();
    const { acknowledged, hasEnded } = await runScenario(disk, scenario, endBefore);
    const disks: [string, SimulatedDisk][] = [
      ["process", disk.copy()],
      ["lost", disk.afterPowerCut(() => "lost")],
      ["kept", disk.afterPowerCut(() => "kept")],
      ["torn", disk.afterPowerCut(() => "torn")],
      ["cut 1", disk.afterPowerCut(arbitraryCut(endBefore))],
      ["cut 2", disk.afterPowerCut(arbitraryCut(endBefore + 1000))],
    ];
    for (const [how, left] of disks) {
      const fault = await findFault(left, acknowledged).catch((error: unknown) => String(error));
      if (fault !== undefined)
        faults.push(`${scenario.actions.join(" ")}, ended before step ${endBefore}, ${how}: ${fault}`);
    }
    if (!hasEnded) return faults;
  }
}

describe("commits, publishes and another program's writes, ended at any step", () => {
  test.each([...sequences(LENGTH)].map((actions) => ({ name: actions.join(" "), actions })))(
    "$name",
    async ({ actions }) => {
      const scenario = { actions: ["commit-1", ...actions] as const };
      expect(await faultsOf(scenario)).toEqual([]);
    },
  );

  test.each([...sequences(LENGTH - 1)].map((actions) => ({ name: actions.join(" "), actions })))(
    "with a snapshot at each commit: $name",
    async ({ actions }) => {
      const scenario = {
        actions: ["commit-1", ...actions],
        settings: { ...SETTINGS, snapshot: "commit" },
      } as const;
      expect(await faultsOf(scenario)).toEqual([]);
    },
  );
});
