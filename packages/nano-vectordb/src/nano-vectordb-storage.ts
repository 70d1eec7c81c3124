import { fileSettings, type FileStorageOptions } from "@tetrad/file-engine";
import { FileVectorStorage, type VectorFile, type VectorSpace } from "@tetrad/file-engine/vectors";

import type { NanoContent } from "./nano-content.js";
import { checkContent, nanoFileFormat } from "./nano-file-format.js";
import { nameModel, putRows } from "./nano-operations.js";
import type { NanoRow } from "./nano-row.js";

/** Vector storage in LightRAG's `vdb_<namespace>.json`, with exact search in memory. */
export class NanoVectorDBStorage extends FileVectorStorage<NanoRow, NanoContent> {
  static readonly settings = fileSettings;
  protected readonly storageName = "NanoVectorDBStorage";
  readonly #namespace: string;

  constructor(options: FileStorageOptions) {
    super(options);
    this.#namespace = options.namespace;
  }

  protected describeFile(space: VectorSpace): VectorFile<NanoContent, NanoRow> {
    const format = nanoFileFormat(this.#namespace, space);
    const { modelName } = space;
    return {
      format,
      kind: {
        putRows,
        // The first rows of a store say which model they are of.
        introduce: (content) =>
          modelName === undefined || content.modelName === modelName ? [] : [nameModel(modelName)],
        check: (content) => checkContent(content, space, format.fileName),
      },
    };
  }
}
