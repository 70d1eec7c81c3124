import type { Logger } from "@tetrad/core";
import { type SnapshotFormat, SnapshotSyntaxError } from "@tetrad/file-engine";
import { checkSpace, type VectorSpace } from "@tetrad/file-engine/vectors";

import { FaissContent } from "./faiss-content.js";
import { FaissFileReader } from "./faiss-file-reader.js";
import { FaissFileWriter } from "./faiss-file-writer.js";
import { applyOperation, checksumOf, prevails } from "./faiss-operations.js";

export function indexFileName(namespace: string): string {
  return `faiss_index_${namespace}.index`;
}

/**
 * LightRAG's pair: `faiss_index_<namespace>.index`, a faiss `IndexFlatIP`, and beside it
 * `.index.meta.json`, an object from the number of a vector to its row. Neither has a place
 * for the name of the model: that is kept in the journal, so that a store is not opened with another
 * model of the same dimension.
 */
export function faissFileFormat(
  namespace: string,
  space: VectorSpace,
  logger: Logger,
): SnapshotFormat<FaissContent> {
  const fileName = indexFileName(namespace);
  return {
    kind: "faiss",
    fileName,
    companions: [`${fileName}.meta.json`],
    whenDropped: "remove",
    releasesBlocks: true,
    createEmpty: () => new FaissContent(space.dimension),
    async read(source, content) {
      const [meta] = source.companions;
      if (meta === undefined) throw new SnapshotSyntaxError("it has no .meta.json");
      const report = await new FaissFileReader(content, (dimension) =>
        checkSpace({ dimension, modelName: undefined }, space, fileName),
      ).read(source, meta);
      if (source.note !== undefined) content.setModelName(source.note);
      checkContent(content, space, fileName);
      for (const oddity of report) logger.warn(`${source.file.path}: ${oddity}`);
    },
    write: (content, output, surroundings) => new FaissFileWriter(content, output).write(surroundings),
    isUnsettled: (content) => content.isUnsettled,
    noteOf: (content) => content.committedModelName,
    apply: applyOperation,
    checksumOf,
    prevails,
    check: (content) => checkContent(content, space, fileName),
  };
}

/** As `checkSpace`, for content that is open. While it is empty, any model of its dimension may come. */
export function checkContent(content: FaissContent, space: VectorSpace, fileName: string): void {
  const modelName = content.rows.size === 0 ? undefined : content.modelName;
  checkSpace({ dimension: content.index.dimension, modelName }, space, fileName);
}
