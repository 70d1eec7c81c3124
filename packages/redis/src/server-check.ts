import { isStorageError, StorageAccessError, StorageCapabilityError } from "@tetrad/core";

import { command, type RedisCommands } from "./redis-commands.js";

/** What of a server's configuration may cost records. */
export interface ServerFacts {
  /** The policy by which it deletes any key when its memory is full; `null` where it does not. */
  readonly evictionPolicy: string | null;
  /** Why that is not known. */
  readonly unreadable: string | null;
}

/** Asks a server whether it answers, and whether it may delete records on its own. */
export async function inspectServer(commands: RedisCommands): Promise<ServerFacts> {
  await commands.one(command("ping"));
  try {
    for (const node of await commands.nodes()) {
      const answer = await commands.one(command("config", "get", "maxmemory*"), { node });
      const configuration = configurationOf(answer);
      const policy = configuration.get("maxmemory-policy") ?? "";
      if (Number(configuration.get("maxmemory") ?? 0) > 0 && policy.startsWith("allkeys")) {
        return { evictionPolicy: policy, unreadable: null };
      }
    }
    return { evictionPolicy: null, unreadable: null };
  } catch (error) {
    // Hosted servers often do not show it. Whether they can be reached at all was asked before.
    if (!isStorageError(error) || error.code === "STORAGE_UNAVAILABLE") throw error;
    if (!(error instanceof StorageAccessError) && error.code !== "STORAGE_FAILED") throw error;
    return { evictionPolicy: null, unreadable: error.message };
  }
}

export function evictionError(policy: string, server: string): StorageCapabilityError {
  return new StorageCapabilityError(
    `Redis at ${server} deletes records when its memory is full (maxmemory-policy ${policy}). ` +
      "Set it to noeviction or to a volatile policy, or accept the loss with REDIS_ALLOW_EVICTION_POLICY=true.",
  );
}

/** Pairs in a list, or an object, as the protocol of the connection has it. */
function configurationOf(answer: unknown): Map<string, string> {
  if (!Array.isArray(answer)) return new Map(Object.entries(answer as Record<string, string>));
  const texts = answer as string[];
  return new Map(
    texts.flatMap((name, index) => (index % 2 === 0 ? [[name, texts[index + 1] ?? ""] as const] : [])),
  );
}
