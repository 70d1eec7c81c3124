export {
  type Prefilter,
  type SearchHit,
  type SearchOptions,
  type SearchTally,
  VectorIndex,
} from "./vector-index.js";
export type { VectorKernel } from "./vector-rows.js";
