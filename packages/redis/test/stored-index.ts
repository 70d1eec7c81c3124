import type { Redis } from "ioredis";

/** When the documents of tests were made. */
export const TIME = "2026-01-01T00:00:00.000000+00:00";

/** The whole index, as Python would read it. */
export async function indexOf(client: Redis, workspace: string): Promise<Record<string, string[]>> {
  const prefix = `${workspace}_doc_status__sched:`;
  const keys = await client.keys(`${prefix}*`);
  const index: Record<string, string[]> = {};
  for (const key of keys.sort()) {
    const isStatus = key.startsWith(`${prefix}status:`);
    const members = isStatus ? await client.zrange(key, 0, "-1") : await client.smembers(key);
    index[key.slice(prefix.length)] = members.sort();
  }
  return index;
}
