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
export {
  type CaseVariant,
  conformanceCases,
  type ConformanceOptions,
  type ConformanceResult,
  type ConformanceRun,
  conformanceRuns,
  runConformance,
} from "./run-conformance.js";
export { type EmbedCall, TestEmbedding } from "./test-embedding.js";
