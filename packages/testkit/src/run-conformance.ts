import assert from "node:assert/strict";

import type { StorageContractTypes, StorageType } from "@tetrad/core";

import { CaseSession, UnsupportedCase } from "./case-session.js";
import { docStatusCases } from "./cases/doc-status-cases.js";
import { graphCases } from "./cases/graph-cases.js";
import { kvCases } from "./cases/kv-cases.js";
import { vectorCases } from "./cases/vector-cases.js";
import type { ConformanceCase, ConformanceTarget } from "./conformance-case.js";
import { randomRuns } from "./random/random-runs.js";
import { probeOf } from "./storage-probe.js";

/** How a case is run: as it is, beside a second workspace, or with a close and reopen before it looks. */
export type CaseVariant = "direct" | "beside" | "reopened";

export interface ConformanceResult {
  /** The case's stable id. */
  readonly id: string;
  readonly variant: CaseVariant;
  readonly title: string;
  readonly status: "passed" | "unsupported" | "failed";
  /** Why it is unsupported. */
  readonly reason?: string;
  /** What it failed with. */
  readonly error?: unknown;
}

/** A case in one variant, ready to be run. */
export interface ConformanceRun {
  readonly id: string;
  readonly variant: CaseVariant;
  readonly title: string;
  run(): Promise<ConformanceResult>;
}

export interface ConformanceOptions {
  /** Only cases whose id contains this. */
  readonly filter?: string | undefined;
  /** Random sequences of operations held against the reference. Default: 30; 0 leaves them out. */
  readonly randomSequences?: number | undefined;
  /** Seed of the random sequences; a failure names the one it had. */
  readonly seed?: number | undefined;
}

const CASES: { readonly [Type in StorageType]: readonly ConformanceCase<StorageContractTypes[Type]>[] } = {
  KV_STORAGE: kvCases,
  VECTOR_STORAGE: vectorCases,
  GRAPH_STORAGE: graphCases,
  DOC_STATUS_STORAGE: docStatusCases,
};

/** The cases of a kind of storage, as data. */
export function conformanceCases<Type extends StorageType>(
  type: Type,
): readonly ConformanceCase<StorageContractTypes[Type]>[] {
  return CASES[type];
}

/** Everything there is to run for a target, in order. Each run starts from an empty place. */
export function conformanceRuns<Type extends StorageType>(
  type: Type,
  target: ConformanceTarget<Type>,
  options: ConformanceOptions = {},
): ConformanceRun[] {
  const cases = conformanceCases(type);
  const runs = cases.flatMap((each) =>
    variantsOf(each).map((variant) => caseRun(type, target, each, variant)),
  );
  return [...runs, ...randomRuns(type, target, options)].filter(
    ({ id }) => options.filter === undefined || id.includes(options.filter),
  );
}

/** Runs everything, one after another. @returns the result of each run */
export async function runConformance<Type extends StorageType>(
  type: Type,
  target: ConformanceTarget<Type>,
  options: ConformanceOptions & { readonly onResult?: (result: ConformanceResult) => void } = {},
): Promise<ConformanceResult[]> {
  const results: ConformanceResult[] = [];
  for (const run of conformanceRuns(type, target, options)) {
    const result = await run.run();
    results.push(result);
    options.onResult?.(result);
  }
  return results;
}

function variantsOf<S extends StorageContractTypes[StorageType]>(each: ConformanceCase<S>): CaseVariant[] {
  if (each.once === true) return ["direct"];
  return each.prepare === undefined ? ["direct", "beside"] : ["direct", "beside", "reopened"];
}

function caseRun<Type extends StorageType>(
  type: Type,
  target: ConformanceTarget<Type>,
  each: ConformanceCase<StorageContractTypes[Type]>,
  variant: CaseVariant,
): ConformanceRun {
  const { id, title } = each;
  return {
    id,
    variant,
    title,
    async run() {
      const session = new CaseSession(type, target, each.options ?? {});
      try {
        await target.reset();
        const unsupported = await runCase(type, session, each, variant);
        await session.close();
        return unsupported === null
          ? { id, variant, title, status: "passed" }
          : { id, variant, title, status: "unsupported", reason: unsupported };
      } catch (error) {
        await session.close().catch(() => {});
        if (error instanceof UnsupportedCase)
          return { id, variant, title, status: "unsupported", reason: error.message };
        return { id, variant, title, status: "failed", error };
      }
    },
  };
}

/** @returns why the storage cannot run the case, `null` when it was run */
async function runCase<Type extends StorageType>(
  type: Type,
  session: CaseSession<Type>,
  each: ConformanceCase<StorageContractTypes[Type]>,
  variant: CaseVariant,
): Promise<string | null> {
  let storage = await session.open();
  const unsupported = each.unsupported?.(storage.capabilities) ?? null;
  if (unsupported !== null) return unsupported;
  if (variant === "reopened" && !storage.capabilities.persistent)
    return "the storage does not outlive its process";
  const neighbour = variant === "beside" ? await openNeighbour(type, session, each) : null;
  await each.prepare?.(storage, session.context(storage));
  if (variant === "reopened") {
    await storage.finalize();
    storage = await session.open();
  }
  await each.verify(storage, session.context(storage));
  await neighbour?.check();
  return null;
}

/** Ids and names that the cases use, so that a leak between workspaces shows. */
const NEIGHBOUR_NAMES = ["a", "b", "c", "d", "e", "r", "r0", "x", "hub", "learning", "item 0"];

/** Fills a second workspace of the same namespace; `check` sees to it that it stayed as it was. */
async function openNeighbour<Type extends StorageType>(
  type: Type,
  session: CaseSession<Type>,
  each: ConformanceCase<StorageContractTypes[Type]>,
): Promise<{ check(): Promise<void> }> {
  const probe = probeOf(type);
  const open = (): Promise<StorageContractTypes[Type]> =>
    session.open({ workspace: "neighbour", namespace: each.options?.namespace });
  const neighbour = await open();
  for (const name of NEIGHBOUR_NAMES) await probe.write(neighbour, name);
  await neighbour.indexDoneCallback();
  session.embedding.calls.length = 0;
  const before = await probe.content(neighbour);
  return {
    async check() {
      assert.deepEqual(await probe.content(neighbour), before, "another workspace was changed");
      if (!neighbour.capabilities.persistent) return;
      await neighbour.finalize();
      assert.deepEqual(
        await probe.content(await open()),
        before,
        "another workspace was changed on the disk or server",
      );
    },
  };
}
