export { type SearchOptions, type SearchHit, VectorIndex } from "./vector-index.js";
