import type { StorageType } from "@tetrad/core";

import type { ConformanceTarget } from "./conformance-case.js";
import type { ConformanceOptions, ConformanceRun } from "./conformance-run.js";
import { conformanceRuns } from "./run-conformance.js";

export interface DescribeOptions extends ConformanceOptions {
  /** Longest time of one case in milliseconds. Default: 30,000. */
  readonly timeout?: number | undefined;
}

type Describe<Type extends StorageType> = (
  name: string,
  target: ConformanceTarget<Type>,
  options?: DescribeOptions,
) => void;

/** A function for each kind of storage that registers its cases with a test runner. */
export interface StorageDescribers {
  readonly describeKVStorage: Describe<"KV_STORAGE">;
  readonly describeVectorStorage: Describe<"VECTOR_STORAGE">;
  readonly describeGraphStorage: Describe<"GRAPH_STORAGE">;
  readonly describeDocStatusStorage: Describe<"DOC_STATUS_STORAGE">;
}

/** Makes the four from what a runner does with a named list of runs. */
export function storageDescribers(
  register: (name: string, runs: readonly ConformanceRun[], timeout: number) => void,
): StorageDescribers {
  function describer<Type extends StorageType>(type: Type): Describe<Type> {
    return (name, target, { timeout = 30_000, ...options } = {}) =>
      register(name, conformanceRuns(type, target, options), timeout);
  }
  return {
    describeKVStorage: describer("KV_STORAGE"),
    describeVectorStorage: describer("VECTOR_STORAGE"),
    describeGraphStorage: describer("GRAPH_STORAGE"),
    describeDocStatusStorage: describer("DOC_STATUS_STORAGE"),
  };
}
