export type {
  CaseContext,
  ConformanceCase,
  ConformanceTarget,
  OpenOptions,
  TargetOptions,
} from "./conformance-case.js";
export { openReference } from "./reference/open-reference.js";
export {
  ReferenceDocStatusStorage,
  ReferenceGraphStorage,
  ReferenceKVStorage,
  ReferencePlace,
  type ReferenceVectorOptions,
  ReferenceVectorStorage,
  ReferenceVectorTable,
} from "./reference/index.js";
export type {
  CaseVariant,
  ConformanceOptions,
  ConformanceResult,
  ConformanceRun,
} from "./conformance-run.js";
export { conformanceCases, conformanceRuns, runConformance } from "./run-conformance.js";
export { type EmbedCall, TestEmbedding } from "./test-embedding.js";
export {
  CLEANED_TEXTS,
  CONTROL_IDS,
  HOSTILE_IDS,
  HOSTILE_TEXTS,
  INVALID_IDS,
  NUMBERS,
} from "./hostile-values.js";
