import { crc32 } from "node:zlib";

import type { RowOperation, SnapshotFormat } from "@tetrad/file-engine";

import type { AttributeRow } from "./attribute-row.js";
import { GraphContent } from "./graph-content.js";
import { applyOperation, isMerge, isOfNode } from "./graph-operation.js";
import { readGraphML } from "./graphml-reader.js";
import { writeGraphML } from "./graphml-writer.js";

/** LightRAG's `graph_<namespace>.graphml`. */
export function graphMLFormat(namespace: string): SnapshotFormat<GraphContent> {
  return {
    kind: "networkx",
    fileName: `graph_${namespace}.graphml`,
    whenDropped: "remove",
    createEmpty: () => new GraphContent(),
    read: readGraphML,
    write: writeGraphML,
    apply: applyOperation,
    checksumOf: (content, operation) => {
      const attributes = rowOf(content, operation)?.attributes;
      return attributes === undefined ? null : checksum(attributes);
    },
    // What was given wins over what another program wrote, and leaves the rest of it.
    prevails: (_, operation) => isMerge(operation),
  };
}

function rowOf(
  content: GraphContent,
  operation: RowOperation,
): { readonly attributes: AttributeRow } | undefined {
  return isOfNode(operation) ? content.nodes.get(operation.key) : content.edges.get(operation.key);
}

/** The same for the same attributes, whatever their order. */
function checksum(attributes: AttributeRow): number {
  const texts = attributes.texts();
  let canonical = "";
  for (const { spelt, index } of attributes.shape.sortedKeys)
    canonical += `${spelt}\0${texts[index] ?? ""}\0`;
  return crc32(canonical);
}
