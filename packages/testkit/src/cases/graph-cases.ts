import type { GraphStorage } from "@tetrad/core";

import type { ConformanceCase } from "../conformance-case.js";
import { graphAttributeCases } from "./graph-attribute-cases.js";
import { graphLabelCases } from "./graph-label-cases.js";
import { graphStructureCases } from "./graph-structure-cases.js";
import { graphWriteCases } from "./graph-write-cases.js";
import { knowledgeGraphCases } from "./knowledge-graph-cases.js";
import { lifecycleCases } from "./lifecycle-cases.js";

/** Everything a graph storage promises. */
export const graphCases: readonly ConformanceCase<GraphStorage>[] = [
  ...lifecycleCases("GRAPH_STORAGE", "graph"),
  ...graphStructureCases,
  ...graphWriteCases,
  ...graphAttributeCases,
  ...graphLabelCases,
  ...knowledgeGraphCases,
];
