export { type Prefilter, type SearchHit, type SearchOptions, VectorIndex } from "./vector-index.js";
export type { VectorKernel } from "./vector-rows.js";
