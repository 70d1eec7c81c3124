import { describe, expect, test } from "vitest";

import { SimulatedDisk, SimulatedProcess } from "../src/testing/index.js";
import {
  type Action,
  Program,
  arbitraryCut,
  findFault,
  FOLDER,
  runScenario,
  type Scenario,
  SETTINGS,
  writeForeign,
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
    if (scenario.settings?.snapshot === "finalize") disks.push(["then another program", disk.copy()]);
    for (const [how, left] of disks) {
      if (how === "then another program") {
        writeForeign(left, "last");
        acknowledged.foreign.add("last");
      }
      const fault = await findFault(left, acknowledged).catch((error: unknown) => String(error));
      if (fault !== undefined)
        faults.push(`${scenario.actions.join(" ")}, ended before step ${endBefore}, ${how}: ${fault}`);
    }
    if (!hasEnded) return faults;
  }
}

const SETTINGS_OF = { finalize: SETTINGS, commit: { ...SETTINGS, snapshot: "commit" } } as const;

describe.each(["finalize", "commit"] as const)(
  "commits, publishes and another program's writes, ended at any step, with snapshots at %s",
  (snapshot) => {
    const settings = SETTINGS_OF[snapshot];
    const length = snapshot === "finalize" ? LENGTH : LENGTH - 1;
    const scenarios = [...sequences(length)].map((actions) => ({ name: actions.join(" "), actions }));

    test.each(scenarios)("$name", async ({ actions }) => {
      expect(await faultsOf({ actions: ["commit-1", ...actions], settings })).toEqual([]);
    });

    test.each([...sequences(1)].map(([action]) => action))("%s, and another one goes on", async (action) => {
      const actions: Action[] = action === undefined ? [] : ["commit-1", action, "commit-1"];
      expect(await faultsOf({ actions, settings, hasSurvivor: true })).toEqual([]);
    });
  },
);

test("a program that ends while it recovers, before any of its steps, leaves nothing worse", async () => {
  const faults: string[] = [];
  for (let endBefore = 8, hasEnded = true; hasEnded; endBefore += 1) {
    const disk = await newDisk();
    const left = await runScenario(
      disk,
      { actions: ["commit-1", "publish-1", "commit-1", "publish-1"] },
      endBefore,
    );
    hasEnded = left.hasEnded;
    writeForeign(disk, "last");
    left.acknowledged.foreign.add("last");
    for (let steps = 0, isDone = false; !isDone; steps += 1) {
      const again = disk.copy();
      const recovering = new SimulatedProcess(again);
      recovering.endBefore = steps;
      const recovery = Program.start(recovering).then((program) => program.publish());
      isDone = await Promise.race([recovery.then(() => true), recovering.ended.then(() => false)]);
      const fault = await findFault(again.copy(), left.acknowledged).catch((error: unknown) => String(error));
      if (fault !== undefined)
        faults.push(`ended before step ${endBefore}, and ${steps} of recovery: ${fault}`);
    }
  }
  expect(faults).toEqual([]);
});
