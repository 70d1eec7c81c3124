import type { SnapshotFormat } from "@tetrad/file-engine";
import { checkSpace, type VectorSpace } from "@tetrad/file-engine/vectors";

import { NanoContent } from "./nano-content.js";
import { NanoFileReader } from "./nano-file-reader.js";
import { NanoFileWriter } from "./nano-file-writer.js";
import { applyOperation, checksumOf, prevails } from "./nano-operations.js";

export function nanoFileName(namespace: string): string {
  return `vdb_${namespace}.json`;
}

/**
 * LightRAG's `vdb_<namespace>.json`: `embedding_dim`, the rows in `data`, and in `matrix` one
 * float32 row of unit length for each, as base64. Other members are kept. The name of the model is
 * kept in `additional_data`, so that a store is not opened with another model of the same dimension.
 */
export function nanoFileFormat(namespace: string, space: VectorSpace): SnapshotFormat<NanoContent> {
  const fileName = nanoFileName(namespace);
  return {
    kind: "nano-vectordb",
    fileName,
    whenDropped: "remove",
    readsFileLater: true,
    releasesBlocks: true,
    createEmpty: () => new NanoContent(space.dimension),
    read: (source, content) =>
      new NanoFileReader(source, content, (dimension, modelName) =>
        checkSpace({ dimension, modelName }, space, fileName),
      ).read(),
    write: (content, output) => new NanoFileWriter(content, output).write(),
    apply: applyOperation,
    checksumOf,
    prevails,
    check: (content) => checkContent(content, space, fileName),
  };
}

/** As `checkSpace`, for content that is open. While it is empty, any model of its dimension may come. */
export function checkContent(content: NanoContent, space: VectorSpace, fileName: string): void {
  const modelName = content.rows.size === 0 ? undefined : content.modelName;
  checkSpace({ dimension: content.index.dimension, modelName }, space, fileName);
}
