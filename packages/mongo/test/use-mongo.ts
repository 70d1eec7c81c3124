import { createStorage, type Logger, type StorageContractTypes, type StorageType } from "@tetrad/core";
import type { ServiceName } from "@tetrad/services";
import { askForService } from "@tetrad/services/vitest";
import { TestEmbedding } from "@tetrad/testkit";
import type { Db } from "mongodb-6";
import { afterAll, afterEach, beforeAll } from "vitest";

import { openDatabase } from "./open-mongo.ts";

const BUILD_TIMEOUT = 600_000;

const NAMES = {
  KV_STORAGE: ["MongoKVStorage", "full_docs"],
  VECTOR_STORAGE: ["MongoVectorDBStorage", "relationships"],
  GRAPH_STORAGE: ["MongoGraphStorage", "chunk_entity_relation"],
  DOC_STATUS_STORAGE: ["MongoDocStatusStorage", "doc_status"],
} as const;

/** What a test file works with: storages through the front door, and the database they keep. */
export interface UsedMongo {
  readonly uri: string;
  readonly database: string;
  /** As a client of its own sees it. */
  readonly db: Db;
  open<Type extends StorageType>(
    type: Type,
    options?: Readonly<Record<string, unknown>>,
  ): Promise<StorageContractTypes[Type]>;
  readonly warnings: string[];
}

/** A database of a server for the tests around it, emptied after each; skips them where there is none. */
export function useMongo(service: ServiceName, database: string): UsedMongo {
  let opened: ReturnType<typeof openDatabase> | undefined;
  const storages: { finalize(options: { pending: "discard" }): Promise<void> }[] = [];
  const warnings: string[] = [];
  const logger: Logger = { debug() {}, info() {}, error() {}, warn: (text) => void warnings.push(text) };
  beforeAll(async () => {
    const env = await askForService(service);
    if (env?.["MONGO_URI"] !== undefined) opened = openDatabase(env["MONGO_URI"], database);
  }, BUILD_TIMEOUT);
  afterEach(async () => {
    for (const storage of storages.splice(0)) await storage.finalize({ pending: "discard" });
    warnings.length = 0;
    await opened?.drop();
  });
  afterAll(async () => opened?.close());
  const server = (): NonNullable<typeof opened> => {
    if (opened === undefined) throw new Error(`There is no ${service} here`);
    return opened;
  };
  return {
    get uri() {
      return server().uri;
    },
    database,
    get db() {
      return server().client.db(database);
    },
    warnings,
    async open<Type extends StorageType>(type: Type, options: Readonly<Record<string, unknown>> = {}) {
      const [name, namespace] = NAMES[type];
      const storage = await createStorage(type, name, {
        namespace,
        workspace: "",
        env: {},
        embedding: new TestEmbedding(),
        resolveFrom: import.meta.url,
        logger,
        uri: server().uri,
        database,
        ...options,
      });
      storages.push(storage);
      return storage;
    },
  };
}
