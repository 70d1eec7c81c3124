import { type Db, type Document, Int32, type MongoClient } from "mongodb";

import { isNotImplemented } from "./server-errors.js";

/** What a server can do beyond what all of them can. */
export interface ServerFeatures {
  readonly version: string;
  /** Not on FerretDB 1, where two changes of one document at the same time can be one. */
  readonly hasAtomicUpdates: boolean;
  /** Whether filters are answered from indexes; without, a scan costs less than a filter of many ids. */
  readonly usesIndexes: boolean;
  /** FerretDB 1 never answers a request with many more updates of documents that are there. */
  readonly maxUpdatesPerRequest: number;
  readonly hasTransactions: boolean;
  /** Whether it is worth asking a collection for them. */
  readonly mayHaveSearchIndexes: boolean;
  /** The largest document it stores. */
  readonly maxDocumentBytes: number;
}

const DEFAULT_MAX_DOCUMENT_BYTES = 16_777_216;
const FERRETDB_MAX_UPDATES = 25;

const known = new WeakMap<MongoClient, Promise<ServerFeatures>>();

/** Asked once for each client; a failed answer is not kept. */
export function serverFeatures(client: MongoClient, database: Db): Promise<ServerFeatures> {
  let features = known.get(client);
  if (features === undefined) {
    features = ask(database);
    known.set(client, features);
    features.catch(() => known.delete(client));
  }
  return features;
}

async function ask(database: Db): Promise<ServerFeatures> {
  // In a type of BSON, so that a client of another major version is noticed here.
  const build = await database.command({ buildInfo: new Int32(1) });
  const hello = await askHello(database);
  const isFerretDB1 = build["ferretdbFeatures"] !== undefined;
  const { version } = build as { version: string };
  const isReplicated = hello["setName"] !== undefined || hello["msg"] === "isdbgrid";
  return {
    version,
    hasAtomicUpdates: !isFerretDB1,
    usesIndexes: !isFerretDB1,
    maxUpdatesPerRequest: isFerretDB1 ? FERRETDB_MAX_UPDATES : Number.POSITIVE_INFINITY,
    // Only mongod has them, and it with sessions.
    mayHaveSearchIndexes: isReplicated,
    hasTransactions: isReplicated && hello["logicalSessionTimeoutMinutes"] != null,
    maxDocumentBytes: Number(
      hello["maxBsonObjectSize"] ?? build["maxBsonObjectSize"] ?? DEFAULT_MAX_DOCUMENT_BYTES,
    ),
  };
}

/** Servers from before 2020 know it by its older name. */
async function askHello(database: Db): Promise<Document> {
  try {
    return await database.command({ hello: 1 });
  } catch (error) {
    if (!isNotImplemented(error)) throw error;
    return database.command({ isMaster: 1 });
  }
}
