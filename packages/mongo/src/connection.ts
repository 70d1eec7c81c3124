import { StorageSettingError } from "@tetrad/core";
import { type ClientLease, retryTransient, SharedClients, untilAborted } from "@tetrad/core/plugin";
import { type Db, MongoClient, type MongoClientOptions } from "mongodb";

import { isTransient, toStorageError } from "./server-errors.js";
import { type ServerFeatures, serverFeatures } from "./server-features.js";
import type { MongoOptions } from "./settings.js";

const ATTEMPTS = 4;
const MAX_DATABASE_BYTES = 63;
const FORBIDDEN_IN_DATABASE = /[\0/\\. "$*<>:|?]/;

/** A connection as one storage holds it. */
export interface Connection {
  readonly client: MongoClient;
  readonly database: Db;
  readonly features: ServerFeatures;
  release(): Promise<void>;
}

const clients = new SharedClients<MongoClient>();

/** The process' client for a server, or the one that the application handed in. */
export async function connect(options: MongoOptions, signal: AbortSignal | undefined): Promise<Connection> {
  checkDatabaseName(options.database);
  const lease: ClientLease<MongoClient> = isClient(options.client)
    ? { client: options.client, release: async () => {} }
    : await acquire(options);
  const { client } = lease;
  try {
    const database = client.db(options.database);
    const features = await call(() => serverFeatures(client, database), signal);
    return { client, database, features, release: () => lease.release() };
  } catch (error) {
    await releaseAfter(lease, signal);
    throw error;
  }
}

/** Lets go after a failure. Who gave up does not wait for it: a server that stalls delays that too. */
export async function releaseAfter(
  held: Pick<Connection, "release">,
  signal: AbortSignal | undefined,
): Promise<void> {
  const released = held.release();
  if (signal?.aborted !== true) return released;
  released.catch(() => {});
}

/**
 * Runs statements that may be done twice: again where that may help, and with errors in the types of
 * the contract.
 */
export async function call<T>(action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    const repeated = (): Promise<T> => retryTransient(action, { isTransient, attempts: ATTEMPTS, signal });
    return await untilAborted(repeated, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw toStorageError(error);
  }
}

function acquire(options: MongoOptions): Promise<ClientLease<MongoClient>> {
  const { uri } = options;
  if (uri === undefined) throw new StorageSettingError("MONGO_URI is not set");
  const clientOptions = optionsBeside(uri, options);
  return clients.acquire(JSON.stringify([uri, clientOptions]), {
    // It connects with the first command, so that closing it ends that.
    open: async () => makeClient(uri, clientOptions),
    close: (client) => client.close(),
  });
}

function makeClient(uri: string, options: MongoClientOptions): MongoClient {
  try {
    return new MongoClient(uri, options);
  } catch {
    // What the driver says, or the error as a cause, may hold the password.
    throw new StorageSettingError(
      "MONGO_URI is no connection string of MongoDB. It has the form mongodb://user:password@host:27017/?option=value, with special characters in user and password percent-encoded.",
      { faults: [{ variable: "MONGO_URI", value: "[secret]", problem: "expected a connection string" }] },
    );
  }
}

/** The settings that the connection string leaves open. */
function optionsBeside(uri: string, options: MongoOptions): MongoClientOptions {
  const query = uri.split("?")[1] ?? "";
  const named = new Set([...new URLSearchParams(query).keys()].map((key) => key.toLowerCase()));
  const wanted: MongoClientOptions = {
    maxPoolSize: options.maxPoolSize,
    connectTimeoutMS: options.connectTimeoutMs,
    serverSelectionTimeoutMS: options.serverSelectionTimeoutMs,
    socketTimeoutMS: options.socketTimeoutMs,
    w: "majority",
  };
  const open = Object.entries(wanted).filter(([name]) => !named.has(name.toLowerCase()));
  return {
    ...Object.fromEntries(open),
    appName: named.has("appname") ? undefined : "Tetrad",
  } as MongoClientOptions;
}

function isClient(value: unknown): value is MongoClient {
  return typeof value === "object" && value !== null && "db" in value;
}

function checkDatabaseName(name: string): void {
  if (name !== "" && !FORBIDDEN_IN_DATABASE.test(name) && Buffer.byteLength(name) <= MAX_DATABASE_BYTES)
    return;
  throw new StorageSettingError(
    `MONGO_DATABASE = ${JSON.stringify(name)} is no name of a database: at most ${MAX_DATABASE_BYTES} bytes without spaces and any of / \\ . " $ * < > : | ?`,
  );
}
