import type { ConformanceCase } from "../conformance-case.js";
import { recordIterationCases } from "./record-iteration-cases.js";
import { recordReadCases } from "./record-read-cases.js";
import { recordRefusalCases } from "./record-refusal-cases.js";
import type { AnyRecordStorage, MakeRecord } from "./record-row.js";
import { recordValueCases } from "./record-value-cases.js";
import { recordWriteCases } from "./record-write-cases.js";

/** What key-value and document status storages promise alike: whole records by id. */
export function recordCases(prefix: string, make: MakeRecord): ConformanceCase<AnyRecordStorage>[] {
  return [
    ...recordReadCases(prefix, make),
    ...recordWriteCases(prefix, make),
    ...recordIterationCases(prefix, make),
    ...recordValueCases(prefix, make),
    ...recordRefusalCases(prefix, make),
  ];
}
