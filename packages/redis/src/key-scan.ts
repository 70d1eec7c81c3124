import { startsWithPattern } from "./key-names.js";
import { command, type RedisCommands } from "./redis-commands.js";

/** Keys that the server looks at in one request; it answers with those that match. */
const KEYS_LOOKED_AT = 5000;

export interface ScanOptions {
  readonly signal?: AbortSignal | undefined;
  /** Where all the keys are in one slot of a cluster: one of them. */
  readonly inSlotOf?: string | undefined;
}

/**
 * Keys that begin with a prefix, as they come, each at least once: a server that moves its table
 * tells some twice. Those that are there all the while are never left out, also when the server is
 * restarted, after which its positions mean nothing: it is then asked from the start.
 */
export async function* scanKeys(
  commands: RedisCommands,
  prefix: string,
  { signal, inSlotOf }: ScanOptions = {},
): AsyncGenerator<string[], void, undefined> {
  const pattern = startsWithPattern(prefix);
  const { connection } = commands;
  for (;;) {
    const { losses } = connection;
    for (const node of await commands.nodes(inSlotOf, signal)) {
      let cursor = "0";
      do {
        const scan = command("scan", cursor, "MATCH", pattern, "COUNT", KEYS_LOOKED_AT);
        const [next, keys] = (await commands.one(scan, { node, signal })) as [string, string[]];
        if (keys.length > 0) yield keys;
        cursor = next;
      } while (cursor !== "0" && connection.losses === losses);
    }
    if (connection.losses === losses) return;
  }
}
