import { rm } from "node:fs/promises";
import { join } from "node:path";

import { StorageSettingError } from "@tetrad/core";
import { FileVectorStorage, type VectorFile, type VectorSpace } from "@tetrad/file-engine/vectors";

import type { FaissContent } from "./faiss-content.js";
import { checkContent, faissFileFormat, indexFileName } from "./faiss-file-format.js";
import { nameModel, putRows } from "./faiss-operations.js";
import type { FaissRow } from "./faiss-row.js";
import { chooseEngine } from "./native/choose-engine.js";
import { NativeSearches } from "./native/native-searches.js";
import { faissSettings, type FaissStorageOptions } from "./settings.js";

/** Vector storage in LightRAG's FAISS files, searched by our own engine or by faiss itself. */
export class FaissVectorDBStorage extends FileVectorStorage<FaissRow, FaissContent> {
  static readonly settings = faissSettings;
  /** Search is exact, unless an approximate index is asked for. */
  readonly capabilities: { readonly exact: boolean };
  protected readonly storageName = "FaissVectorDBStorage";
  readonly #options: FaissStorageOptions;
  #searches: NativeSearches | undefined;

  constructor(options: FaissStorageOptions) {
    super(options);
    this.#options = options;
    if (options.engine === "portable" && options.indexFactory !== undefined) {
      throw new StorageSettingError(
        `FAISS_INDEX_FACTORY=${options.indexFactory} asks for an index of faiss, and FAISS_ENGINE=portable does without faiss: set one of them only.`,
      );
    }
    this.capabilities = { exact: options.indexFactory === undefined };
  }

  /** Removes what is in the cache too, whichever engine has put it there. */
  override async drop(): Promise<void> {
    await super.drop();
    await this.#searches?.close();
    await rm(this.#cache, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Folder for what is made of the vectors. */
  get #cache(): string {
    const { workingDir, workspace, namespace } = this.#options;
    return join(workingDir, workspace, ".tetrad", "cache", indexFileName(namespace));
  }

  protected async describeFile(space: VectorSpace): Promise<VectorFile<FaissContent, FaissRow>> {
    const { namespace, logger } = this.#options;
    const format = faissFileFormat(namespace, space, logger);
    const kind = {
      putRows,
      // The first rows of a store say which model they are of.
      introduce: (content: FaissContent) =>
        space.modelName === undefined || content.modelName === space.modelName
          ? []
          : [nameModel(space.modelName)],
      check: (content: FaissContent) => checkContent(content, space, format.fileName),
    };
    const faiss = chooseEngine(this.#options);
    if (faiss === null) return { format, kind };
    const searches = new NativeSearches(faiss, this.#options, this.#cache);
    this.#searches = searches;
    return {
      format,
      kind: { ...kind, search: (...search) => searches.search(...search) },
      close: () => searches.close(),
    };
  }
}
