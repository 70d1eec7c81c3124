import type { VectorStorage } from "@tetrad/core";

import type { ConformanceCase } from "../conformance-case.js";
import { lifecycleCases } from "./lifecycle-cases.js";
import { vectorDeleteCases } from "./vector-delete-cases.js";
import { vectorEmbeddingCases } from "./vector-embedding-cases.js";
import { vectorQueryCases } from "./vector-query-cases.js";
import { vectorRecordCases } from "./vector-record-cases.js";
import { vectorValueCases } from "./vector-value-cases.js";

/** Everything a vector storage promises. */
export const vectorCases: readonly ConformanceCase<VectorStorage>[] = [
  ...lifecycleCases("VECTOR_STORAGE", "vector"),
  ...vectorRecordCases,
  ...vectorValueCases,
  ...vectorQueryCases,
  ...vectorEmbeddingCases,
  ...vectorDeleteCases,
];
