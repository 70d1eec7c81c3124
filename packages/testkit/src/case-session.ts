import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type StorageContractTypes, type StorageType } from "@tetrad/core";
import { type AnyStorageImplementation, guardStorage, isGuarded, isOpen } from "@tetrad/core/plugin";

import type { CaseContext, ConformanceTarget, OpenOptions, TargetOptions } from "./conformance-case.js";
import { RecordingLogger } from "./recording-logger.js";
import { TestEmbedding } from "./test-embedding.js";

export const DEFAULT_NAMESPACES: Readonly<Record<StorageType, string>> = {
  KV_STORAGE: "full_docs",
  VECTOR_STORAGE: "notes",
  GRAPH_STORAGE: "chunk_entity_relation",
  DOC_STATUS_STORAGE: "doc_status",
};

/** Signals that a case cannot be run, and why. */
export class UnsupportedCase extends Error {}

/** Opens the storages of one case, and closes whatever is open when it ends. */
export class CaseSession<Type extends StorageType> {
  readonly embedding: TestEmbedding;
  readonly logger = new RecordingLogger();
  readonly #type: Type;
  readonly #target: ConformanceTarget<Type>;
  readonly #options: OpenOptions;
  readonly #opened: StorageContractTypes[Type][] = [];
  /** A folder of its own for backends on files. */
  #folder: Promise<string> | undefined;

  constructor(type: Type, target: ConformanceTarget<Type>, options: OpenOptions) {
    this.#type = type;
    this.#target = target;
    this.#options = options;
    this.embedding = options.embedding ?? new TestEmbedding();
  }

  async open(options: OpenOptions = {}): Promise<StorageContractTypes[Type]> {
    const storage = await this.#make(options);
    await storage.initialize();
    return storage;
  }

  async unopened(options: OpenOptions = {}): Promise<StorageContractTypes[Type]> {
    const storage = await this.#make(options);
    if (isOpen(storage)) throw new UnsupportedCase("the target opens its storages itself");
    return storage;
  }

  /** What a case works with, around the storage under test. */
  context(storage: StorageContractTypes[Type]): CaseContext<StorageContractTypes[Type]> {
    return {
      storage,
      embedding: this.embedding,
      logger: this.logger,
      another: (options) => this.open(options),
      unopened: (options) => this.unopened(options),
      reopen: async (options) => {
        await storage.finalize();
        return this.open(options);
      },
    };
  }

  /** Closes everything without committing it, and removes the folder. */
  async close(): Promise<void> {
    try {
      for (const storage of this.#opened) await storage.finalize({ pending: "discard" });
    } finally {
      if (this.#folder !== undefined) await rm(await this.#folder, { recursive: true, force: true });
    }
  }

  async #make(options: OpenOptions): Promise<StorageContractTypes[Type]> {
    this.#folder ??= mkdtemp(join(tmpdir(), "tetrad-testkit-"));
    const complete: TargetOptions = {
      workingDir: await this.#folder,
      namespace: DEFAULT_NAMESPACES[this.#type],
      workspace: "conformance",
      embedding: this.embedding,
      cosineThreshold: 0.2,
      embeddingBatchSize: 10,
      embeddingMaxAsync: 8,
      maxGraphNodes: 1000,
      logger: this.logger,
      ...definedOnly(this.#options),
      ...definedOnly(options),
    };
    const made = await this.#target.open(complete);
    const storage = isGuarded(made) ? (made as StorageContractTypes[Type]) : this.#guard(made, complete);
    this.#opened.push(storage);
    return storage;
  }

  #guard(implementation: AnyStorageImplementation, options: TargetOptions): StorageContractTypes[Type] {
    return guardStorage(implementation, {
      type: this.#type,
      name: implementation.constructor.name,
      namespace: options.namespace,
      workspace: options.workspace,
      logger: options.logger,
      maxGraphNodes: options.maxGraphNodes,
    });
  }
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** An option that is given as `undefined` does not take the place of a default. */
function definedOnly(options: OpenOptions): Defined<OpenOptions> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
