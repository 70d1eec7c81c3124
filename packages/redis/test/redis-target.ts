import { randomUUID } from "node:crypto";

import { redisSettings, type RedisDocStatusStorage } from "@tetrad/redis";
import { Redis } from "ioredis";

type Options = ConstructorParameters<typeof RedisDocStatusStorage>[0];

/** Settings as core resolves them where nothing is set. */
export const DEFAULTS = {
  socketTimeout: redisSettings.socketTimeout.default,
  connectTimeout: redisSettings.connectTimeout.default,
  retryAttempts: redisSettings.retryAttempts.default,
  allowEvictionPolicy: redisSettings.allowEvictionPolicy.default,
  indexCheck: redisSettings.indexCheck.default,
  maxConnections: undefined,
  client: undefined,
} as const;

/** All that a storage is constructed with, for one that a test opens itself. */
export function constructorOptions(uri: string, namespace: string, workspace: string): Options {
  const ofOthers = {
    maxGraphNodes: 1000,
    cosineThreshold: 0.2,
    embeddingBatchSize: 10,
    embeddingMaxAsync: 8,
  };
  return { ...DEFAULTS, ...ofOthers, uri, namespace, workspace, workingDir: "", logger: console };
}

/** A target of the conformance suites on a server: workspaces get names that no other test has. */
export function redisTarget<Storage>(uri: string, create: (options: Options) => Storage) {
  const run = randomUUID().slice(0, 8);
  let turn = 0;
  return {
    open: async (options: Omit<Options, keyof typeof DEFAULTS | "uri">): Promise<Storage> =>
      create({ ...options, ...DEFAULTS, uri, workspace: `${run}-${turn}-${options.workspace}` }),
    reset: async (): Promise<void> => {
      turn += 1;
    },
  };
}

/** Deletes everything on a server. */
export async function flush(uri: string): Promise<void> {
  const client = new Redis(uri);
  await client.flushdb();
  client.disconnect();
}
