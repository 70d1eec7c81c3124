import type { StorageContractTypes, StorageType } from "@tetrad/core";

import { caseRun } from "./case-run.js";
import { docStatusCases } from "./cases/doc-status-cases.js";
import { graphCases } from "./cases/graph-cases.js";
import { kvCases } from "./cases/kv-cases.js";
import { vectorCases } from "./cases/vector-cases.js";
import type { ConformanceCase, ConformanceTarget } from "./conformance-case.js";
import type {
  CaseVariant,
  ConformanceOptions,
  ConformanceResult,
  ConformanceRun,
} from "./conformance-run.js";
import { randomRuns } from "./random/random-runs.js";

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
