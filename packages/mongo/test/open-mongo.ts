import type { StorageType } from "@tetrad/core";
import { resolveSettings } from "@tetrad/core/plugin";
import {
  MongoDocStatusStorage,
  MongoGraphStorage,
  MongoKVStorage,
  mongoVectorSettings,
  MongoVectorDBStorage,
} from "@tetrad/mongo";
import type { ConformanceTarget, TargetOptions } from "@tetrad/testkit";
import { MongoClient } from "mongodb-6";

const NO_SOURCES = { environment: {}, dotEnv: {}, configIni: new Map() };

/** The settings of the storages, with their defaults. */
export function mongoOptions(fields: Readonly<Record<string, unknown>>) {
  const { values, faults } = resolveSettings(mongoVectorSettings, fields, NO_SOURCES);
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  // Every row is looked at whatever the server has, so that the cases on exact search are run.
  return { ...values, vectorSearch: "exact" as const };
}

const CLASSES = {
  KV_STORAGE: MongoKVStorage,
  VECTOR_STORAGE: MongoVectorDBStorage,
  GRAPH_STORAGE: MongoGraphStorage,
  DOC_STATUS_STORAGE: MongoDocStatusStorage,
} as const;

/** A database of a server, emptied before each case. */
export interface MongoDatabase {
  readonly uri: string;
  readonly name: string;
  drop(): Promise<void>;
  close(): Promise<void>;
}

/** Driver 6 speaks to every server there is. */
export function openDatabase(uri: string, name: string): MongoDatabase & { readonly client: MongoClient } {
  const client = new MongoClient(uri);
  return {
    client,
    uri,
    name,
    drop: async () => void (await client.db(name).dropDatabase()),
    close: () => client.close(),
  };
}

export function mongoTarget<Type extends StorageType>(
  type: Type,
  database: () => MongoDatabase,
): ConformanceTarget<Type> {
  const Class = CLASSES[type];
  return {
    async open(options: TargetOptions) {
      const { uri, name } = database();
      return new Class({ ...mongoOptions({ uri, database: name }), ...options }) as never;
    },
    reset: () => database().drop(),
  };
}
