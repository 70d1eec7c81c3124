import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { askForService } from "@tetrad/services/vitest";
import { Redis } from "ioredis";

import type { SharedPlace } from "./backends.js";

/** Counts the databases that were handed out, in the first one. */
const COUNTER = "tetrad.interop.databases";

/** An empty database of the Redis that the test files of a run share. */
export async function redisPlace(): Promise<SharedPlace> {
  const uri = (await askForService("redis"))?.["REDIS_URI"];
  if (uri === undefined) throw new Error("There is no Redis for this test");
  const ownUri = await nextDatabase(uri);
  const workingDir = await mkdtemp(join(tmpdir(), "tetrad-interop-"));
  return {
    workingDir,
    env: { REDIS_URI: ownUri },
    async remove() {
      await withRedis(ownUri, async (client) => client.flushdb());
      await rm(workingDir, { recursive: true, force: true });
    },
  };
}

async function nextDatabase(uri: string): Promise<string> {
  return withRedis(uri, async (client) => {
    const [, databases] = (await client.config("GET", "databases")) as [string, string];
    // The first one is for tests that do not need it empty.
    const number = 1 + ((await client.incr(COUNTER)) % (Number(databases) - 1));
    const own = new URL(uri);
    own.pathname = `/${number}`;
    return own.href;
  });
}

async function withRedis<T>(uri: string, action: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(uri);
  try {
    return await action(client);
  } finally {
    client.disconnect();
  }
}
