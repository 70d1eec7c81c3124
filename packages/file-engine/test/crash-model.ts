import { type CrashChoice, type SimulatedDisk, SimulatedProcess } from "../src/testing/index.js";
import type { FileStore } from "../src/workspace/file-store.js";
import { WorkspacePaths } from "../src/workspace/workspace-paths.js";
import type { WorkspaceSettings } from "../src/workspace/workspace-services.js";
import { Workspace } from "../src/workspace/workspace.js";
import { extend, type Lines, lineFormat, put, silent } from "./row-format.js";

export const FOLDER = "/data";
const FILES = ["a.txt", "b.txt"] as const;

export const SETTINGS: WorkspaceSettings = {
  durability: "full",
  snapshot: "finalize",
  lock: "kernel",
  lockTimeoutMs: 5000,
  networkFolders: "refuse",
};

/** A program that works on both files of the workspace on a simulated disk. */
export class Program {
  readonly process: SimulatedProcess;
  readonly workspace: Workspace;
  readonly #stores: FileStore<Lines>[];

  private constructor(process: SimulatedProcess, workspace: Workspace, stores: FileStore<Lines>[]) {
    this.process = process;
    this.workspace = workspace;
    this.#stores = stores;
  }

  static async start(process: SimulatedProcess, settings: WorkspaceSettings = SETTINGS): Promise<Program> {
    const paths = new WorkspacePaths(FOLDER, process);
    const workspace = new Workspace({ paths, name: "", settings, fileSystem: process, logger: silent });
    const stores: FileStore<Lines>[] = [];
    for (const fileName of FILES) stores.push(await workspace.open(lineFormat({ fileName })));
    return new Program(process, workspace, stores);
  }

  /** Puts a row into both files and makes a counter in both longer, as one commit. */
  async commit(name: string): Promise<void> {
    for (const store of this.#stores) store.apply([put(name), extend("count", "x")]);
    await this.workspace.commitAll();
  }

  async publish(): Promise<void> {
    await this.workspace.publish();
  }

  async drop(): Promise<void> {
    for (const store of this.#stores) await this.workspace.drop(store);
  }

  /** The rows of both files, with what others have committed. */
  async rows(): Promise<string[][]> {
    for (const store of this.#stores) await this.workspace.catchUp(store);
    return this.#stores.map((store) => store.state.all);
  }
}

/** What Python does: reads a snapshot, adds a row, and puts the file in its place. */
export function writeForeign(disk: SimulatedDisk, name: string): void {
  const path = `${FOLDER}/a.txt`;
  const lines = (disk.read(path)?.toString() ?? "end").split("\n").slice(0, -1);
  disk.replace(path, [...lines, `${name}=${name}`, "end"].join("\n"));
}

export type Action = "commit-1" | "commit-2" | "commit-both" | "publish-1" | "publish-2" | "foreign";

/** What was acknowledged before the end came, and what may or may not be there. */
export interface Acknowledged {
  readonly commits: Set<string>;
  readonly begun: Set<string>;
  readonly foreign: Set<string>;
}

export interface Scenario {
  readonly actions: readonly Action[];
  /** Whether the second program goes on when the first one has ended. */
  readonly hasSurvivor?: boolean;
  readonly settings?: WorkspaceSettings;
}

/** Runs a scenario until it is done, or until the first program ends before one of its steps. */
export async function runScenario(
  disk: SimulatedDisk,
  { actions, settings, hasSurvivor = false }: Scenario,
  endBefore: number,
): Promise<{ acknowledged: Acknowledged; steps: number; hasEnded: boolean }> {
  const acknowledged: Acknowledged = { commits: new Set(), begun: new Set(), foreign: new Set() };
  const [first, second] = [new SimulatedProcess(disk), new SimulatedProcess(disk)];
  first.endBefore = endBefore;
  let hasEnded = false;
  let two: Program | null = null;
  const run = async (): Promise<void> => {
    two = await Program.start(second, settings);
    const one = await Program.start(first, settings);
    for (const [index, action] of actions.entries()) {
      await act(one, two, action, String(index), acknowledged);
      // The second one follows, so that it finds what the first one leaves from where it stands.
      await two.rows();
    }
  };
  await Promise.race([run(), first.ended.then(() => (hasEnded = true))]);
  if (hasEnded && hasSurvivor && two !== null) await survive(two, acknowledged);
  second.kill();
  return { acknowledged, steps: first.steps, hasEnded };
}

/** The second program goes on with what the first one left, as it had it open already. */
async function survive(two: Program, { commits, begun }: Acknowledged): Promise<void> {
  begun.add("survivor");
  await two.commit("survivor");
  commits.add("survivor");
}

async function act(
  one: Program,
  two: Program,
  action: Action,
  name: string,
  { commits, begun, foreign }: Acknowledged,
): Promise<void> {
  const commit = async (program: Program, id: string): Promise<void> => {
    begun.add(id);
    await program.commit(id);
    commits.add(id);
  };
  switch (action) {
    case "commit-1":
      return commit(one, `p${name}`);
    case "commit-2":
      return commit(two, `q${name}`);
    case "commit-both":
      await Promise.all([commit(one, `p${name}`), commit(two, `q${name}`)]);
      return;
    case "publish-1":
      return one.publish();
    case "publish-2":
      return two.publish();
    case "foreign":
      writeForeign(one.process.disk, `f${name}`);
      foreign.add(`f${name}`);
  }
}

/** @returns what is wrong with the disk as it was left, or nothing */
export async function findFault(
  disk: SimulatedDisk,
  acknowledged: Acknowledged,
): Promise<string | undefined> {
  const program = await Program.start(new SimulatedProcess(disk));
  return findLoss(await program.rows(), acknowledged) ?? (await findUnfit(program));
}

/** Whether something is missing, there by half, or there twice. */
function findLoss(rows: string[][], { commits, begun, foreign }: Acknowledged): string | undefined {
  const [inA = new Set(), inB = new Set()] = rows.map(
    (ofFile) => new Set(ofFile.map((row) => row.slice(0, row.indexOf("=")))),
  );
  const lost = [...commits].find((id) => !inA.has(id) || !inB.has(id));
  if (lost !== undefined) return `acknowledged ${lost} is lost`;
  const half = [...begun].find((id) => inA.has(id) !== inB.has(id));
  if (half !== undefined) return `${half} is there by half`;
  const overwritten = [...foreign].find((id) => !inA.has(id));
  if (overwritten !== undefined) return `the other program's ${overwritten} is lost`;
  const present = [...begun].filter((id) => inA.has(id)).length;
  const counts = rows.map((ofFile) => (ofFile.find((row) => row.startsWith("count="))?.length ?? 6) - 6);
  return counts.every((count) => count === present)
    ? undefined
    : `${present} commits, but counters of ${counts.join(" and ")}`;
}

/** Whether work can go on: a commit, a snapshot that is what the rows are, and all of it when opened again. */
async function findUnfit(program: Program): Promise<string | undefined> {
  const { disk } = program.process;
  await program.commit("after");
  await program.publish();
  const [after = []] = await program.rows();
  if (disk.read(`${FOLDER}/a.txt`)?.toString() !== [...after, "end"].join("\n"))
    return "the snapshot differs from the rows";
  program.process.kill();
  const again = await Program.start(new SimulatedProcess(disk));
  const [last = []] = await again.rows();
  return last.join() === after.join() ? undefined : "reopened, the rows differ";
}

export type PowerCut = (seed: number) => () => CrashChoice;

/** Chooses by a small generator, so that a failure can be repeated. */
export const arbitraryCut: PowerCut = (seed) => {
  let state = seed * 2_654_435_761 + 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (["kept", "lost", "torn"] as const)[(state >>> 16) % 3] ?? "lost";
  };
};
