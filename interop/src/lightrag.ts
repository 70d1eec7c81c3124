import type { StorageType } from "@tetrad/core";

import { LightRagDocStatusStorage } from "./lightrag-doc-status-storage.js";
import { LightRagGraphStorage } from "./lightrag-graph-storage.js";
import { LightRagKVStorage } from "./lightrag-kv-storage.js";
import { LightRagNeo4jStorage } from "./lightrag-neo4j-storage.js";
import { LightRagProcess } from "./lightrag-process.js";
import type { LightRagStorage } from "./lightrag-storage.js";
import { LightRagVectorStorage } from "./lightrag-vector-storage.js";

/** How a storage is opened in Python. */
export interface LightRagOptions {
  readonly namespace: string;
  readonly workspace: string;
  readonly workingDir: string;
  /** Of the vectors. Texts have the vectors of the test kit's `TestEmbedding`. */
  readonly dimension: number;
  /** A JSON file with vectors by text that are used in place of those. */
  readonly vectorsFile?: string | undefined;
  /** Fields that a vector storage keeps. */
  readonly metaFields?: readonly string[] | undefined;
  readonly cosineThreshold?: number | undefined;
  readonly maxGraphNodes?: number | undefined;
  /** Variables set in Python before it is opened, such as the address of a server. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

const CLASSES = {
  KV_STORAGE: LightRagKVStorage,
  VECTOR_STORAGE: LightRagVectorStorage,
  GRAPH_STORAGE: LightRagGraphStorage,
  DOC_STATUS_STORAGE: LightRagDocStatusStorage,
} as const;

/** Classes of LightRAG that answer otherwise than those of their kind. */
const CLASSES_BY_NAME: Readonly<Record<string, typeof LightRagGraphStorage>> = {
  Neo4JStorage: LightRagNeo4jStorage,
};

export type LightRagStorages = { readonly [Type in StorageType]: InstanceType<(typeof CLASSES)[Type]> };

/** Python LightRAG in a process of its own. */
export class LightRag {
  readonly #process: LightRagProcess;
  readonly #opened = new Set<LightRagStorage>();

  /**
   * @param python the Python that `prepareLightRag` gave
   * @param without installed Python modules that LightRAG shall not see
   */
  constructor(python: string, without: readonly string[] = []) {
    this.#process = new LightRagProcess(python, without);
  }

  async version(): Promise<string> {
    return (await this.#process.request("version", {})) as string;
  }

  /**
   * Opens a storage by the name of its class. When the last one that is open is finalized, Python
   * forgets all they shared, as the end of its process would make it.
   */
  async open<Type extends StorageType>(
    type: Type,
    name: string,
    options: LightRagOptions,
  ): Promise<LightRagStorages[Type]> {
    const handle = (await this.#process.request("open", { name, ...options })) as number;
    const Class: new (process: LightRagProcess, handle: number) => LightRagStorages[StorageType] =
      CLASSES_BY_NAME[name] ?? CLASSES[type];
    const storage = new Class(this.#process, handle) as LightRagStorages[Type];
    this.#opened.add(storage);
    return storage;
  }

  /** Finalizes what a test has left open. */
  async closeAll(): Promise<void> {
    const opened = [...this.#opened];
    this.#opened.clear();
    await Promise.all(opened.filter(({ isOpen }) => isOpen).map(async (storage) => storage.finalize()));
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }
}
