import { splitBatches } from "@tetrad/core/plugin";

import { type DocumentFacts, parseMember } from "./document-facts.js";
import type { KeyNames } from "./key-names.js";
import { scanKeys } from "./key-scan.js";
import { command, type RedisCommands } from "./redis-commands.js";

/** A change of the index. */
export type IndexOperation = readonly [
  operation: "ZADD" | "ZREM" | "SADD" | "SREM",
  key: string,
  member: string,
];

/** What stands on the server under the names of a storage. */
export interface Inventory {
  readonly rows: Set<string>;
  readonly statuses: Set<string>;
  readonly basenames: Set<string>;
  /** LightRAG's temporary keys. */
  readonly rebuildKeys: Set<string>;
}

/** Where the index has a document. */
export interface IndexedAt {
  readonly members: [status: string, member: string][];
  readonly basenames: string[];
}

const SETS_AT_ONCE = 500;
const NOWHERE: IndexedAt = { members: [], basenames: [] };

/** Looks through the keys of a database for those of a storage. */
export async function takeInventory(
  commands: RedisCommands,
  keys: KeyNames,
  signal?: AbortSignal,
): Promise<Inventory> {
  const inventory: Inventory = {
    rows: new Set(),
    statuses: new Set(),
    basenames: new Set(),
    rebuildKeys: new Set(),
  };
  const { rowPrefix, statusPrefix, basenamePrefix, rebuildPrefix } = keys;
  for await (const found of scanKeys(commands, keys.name, { inSlotOf: rowPrefix, signal })) {
    for (const key of found) {
      if (key.startsWith(rowPrefix)) inventory.rows.add(key.slice(rowPrefix.length));
      else if (key.startsWith(statusPrefix)) inventory.statuses.add(key.slice(statusPrefix.length));
      else if (key.startsWith(basenamePrefix)) inventory.basenames.add(key.slice(basenamePrefix.length));
      else if (key.startsWith(rebuildPrefix)) inventory.rebuildKeys.add(key);
    }
  }
  return inventory;
}

/** The whole index, by document. */
export async function readIndex(
  commands: RedisCommands,
  keys: KeyNames,
  { statuses, basenames }: Inventory,
  signal?: AbortSignal,
): Promise<Map<string, IndexedAt>> {
  const index = new Map<string, IndexedAt>();
  const at = (id: string): IndexedAt => {
    const known = index.get(id);
    if (known !== undefined) return known;
    const made: IndexedAt = { members: [], basenames: [] };
    index.set(id, made);
    return made;
  };
  for (const status of statuses) {
    const range = command("zrange", keys.status(status), 0, -1);
    const members = (await commands.one(range, { signal })) as string[];
    for (const member of members) at(parseMember(member).id).members.push([status, member]);
  }
  for (const batch of splitBatches(basenames, { maxItems: SETS_AT_ONCE })) {
    const reads = batch.map((name) => command("smembers", keys.basename(name)));
    const sets = (await commands.run(reads, { signal })) as string[][];
    for (const [position, name] of batch.entries())
      for (const id of sets[position] ?? []) at(id).basenames.push(name);
  }
  return index;
}

/** What has to change where the index has a document, for a row with these facts. */
export function indexDifferences(
  keys: KeyNames,
  id: string,
  facts: DocumentFacts,
  { members, basenames }: IndexedAt = NOWHERE,
): IndexOperation[] {
  const { status, member, basename } = facts;
  const operations: IndexOperation[] = [];
  const isRight = ([each, text]: readonly [string, string]): boolean => each === status && text === member;
  if (status !== null && !members.some(isRight)) operations.push(["ZADD", keys.status(status), member]);
  if (basename !== null && !basenames.includes(basename))
    operations.push(["SADD", keys.basename(basename), id]);
  for (const each of members) if (!isRight(each)) operations.push(["ZREM", keys.status(each[0]), each[1]]);
  for (const name of basenames) if (name !== basename) operations.push(["SREM", keys.basename(name), id]);
  return operations;
}
