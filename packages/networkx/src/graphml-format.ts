import type { GraphAttributes, NodePair } from "@tetrad/core";
import type { SnapshotFormat } from "@tetrad/file-engine";

import { GraphContent } from "./graph-content.js";
import { GraphMLReader } from "./graphml-reader.js";
import { writeGraphML } from "./graphml-writer.js";

/** What may happen to a graph, as it was asked for: merges are evaluated when they are applied. */
export type GraphChange =
  | { readonly type: "merge-nodes"; readonly nodes: readonly (readonly [string, GraphAttributes])[] }
  | { readonly type: "merge-edges"; readonly edges: readonly (readonly [string, string, GraphAttributes])[] }
  | { readonly type: "remove-nodes"; readonly ids: readonly string[] }
  | { readonly type: "remove-edges"; readonly pairs: readonly NodePair[] };

/** LightRAG's `graph_<namespace>.graphml`. */
export function graphMLFormat(namespace: string): SnapshotFormat<GraphContent, GraphChange> {
  return {
    kind: "networkx",
    fileName: `graph_${namespace}.graphml`,
    whenDropped: "remove",
    createEmpty: () => new GraphContent(),
    read: (source) => new GraphMLReader().read(source),
    write: (content) => writeGraphML([...content.nodes()], [...content.edges()]),
    apply: applyChange,
  };
}

function applyChange(content: GraphContent, change: GraphChange): void {
  switch (change.type) {
    case "merge-nodes":
      for (const [id, attributes] of change.nodes) content.mergeNode(id, attributes);
      break;
    case "merge-edges":
      for (const [a, b, attributes] of change.edges) content.mergeEdge(a, b, attributes);
      break;
    case "remove-nodes":
      for (const id of change.ids) content.removeNode(id);
      break;
    case "remove-edges":
      for (const [a, b] of change.pairs) content.removeEdge(a, b);
      break;
  }
}
