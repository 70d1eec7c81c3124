import { setTimeout as sleep } from "node:timers/promises";

import { isStorageError, type Logger } from "@tetrad/core";
import { splitBatches } from "@tetrad/core/plugin";

import { type DocumentFacts, factsOf, NO_FACTS, parseMember } from "./document-facts.js";
import { DocumentWriter, type IndexOperation, type RowSwap } from "./document-writer.js";
import type { KeyNames } from "./key-names.js";
import { scanKeys } from "./key-scan.js";
import { command, type RedisCommands } from "./redis-commands.js";

export interface IndexCheckOptions {
  readonly commands: RedisCommands;
  readonly keys: KeyNames;
  /** `rows` compares the index with the content of each row, `ids` only with which rows there are. */
  readonly depth: "rows" | "ids";
  readonly logger: Logger;
}

/** LightRAG's temporary keys count as left behind when nobody has touched them for this long, in seconds. */
const ABANDONED_AFTER = 5;
const POLL = 250;
const ROWS_AT_ONCE = 256;
const SETS_AT_ONCE = 500;

/** What stands on the server under the names of a storage. */
interface Inventory {
  readonly rows: Set<string>;
  readonly statuses: Set<string>;
  readonly basenames: Set<string>;
  readonly rebuildKeys: Set<string>;
}

/** Where the index has a document. */
interface IndexedAt {
  readonly members: [status: string, member: string][];
  readonly basenames: string[];
}

/**
 * Compares the index of documents with the rows, and puts right what is not as it should be: after
 * a release of LightRAG that had no index, after a crash while Python made it anew, after keys were
 * deleted by hand. Each row's part is changed only while the row stays as it was read, so that others
 * may write meanwhile.
 */
export async function checkIndex(options: IndexCheckOptions): Promise<void> {
  const { commands, keys, logger } = options;
  const inventory = await takeInventory(commands, keys);
  const { rows, rebuildKeys } = inventory;
  if (rebuildKeys.size > 0) await waitWhileRebuilt(commands, [...rebuildKeys]);
  const current = rebuildKeys.size > 0 ? await takeInventory(commands, keys) : inventory;
  const repair = new IndexRepair(options, await readIndex(commands, keys, current));
  const repaired = await repair.run(current.rows);
  if (repaired > 0) {
    logger.warn(`The index of documents on Redis was not right for ${repaired} documents; it is now`, {
      documents: rows.size,
    });
  }
  // Last: until then Python, too, would make the index anew.
  for (const batch of splitBatches(current.rebuildKeys, { maxItems: SETS_AT_ONCE }))
    await commands.one(command("unlink", ...batch));
}

class IndexRepair {
  readonly #options: IndexCheckOptions;
  readonly #writer: DocumentWriter;
  readonly #index: ReadonlyMap<string, IndexedAt>;

  constructor(options: IndexCheckOptions, index: ReadonlyMap<string, IndexedAt>) {
    this.#options = options;
    this.#writer = new DocumentWriter(options.commands, options.keys);
    this.#index = index;
  }

  /** @returns how many documents it was wrong for */
  async run(rows: ReadonlySet<string>): Promise<number> {
    const { depth } = this.#options;
    const wanted = depth === "rows" ? [...rows] : [...rows].filter((id) => !this.#isListed(id));
    const orphans = [...this.#index.keys()].filter((id) => !rows.has(id));
    let repaired = 0;
    for (const batch of splitBatches([...wanted, ...orphans], { maxItems: ROWS_AT_ONCE })) {
      const current = await this.#writer.read(batch);
      const swaps = current.flatMap(({ record, sha }, index): RowSwap[] => {
        const id = batch[index] ?? "";
        const operations = this.#differences(id, record === null ? NO_FACTS : factsOf(id, record));
        return operations.length === 0 ? [] : [{ id, sha, text: "=", operations }];
      });
      // A row that was written meanwhile brought its part of the index with it.
      const changed = await this.#writer.swap(swaps);
      repaired += swaps.length - changed.length;
    }
    return repaired;
  }

  #isListed(id: string): boolean {
    return this.#index.get(id)?.members.length === 1;
  }

  #differences(id: string, facts: DocumentFacts): IndexOperation[] {
    const indexed = this.#index.get(id) ?? { members: [], basenames: [] };
    return [...this.#statusDifferences(facts, indexed), ...this.#basenameDifferences(id, facts, indexed)];
  }

  #statusDifferences({ status, member }: DocumentFacts, { members }: IndexedAt): IndexOperation[] {
    const { keys } = this.#options;
    const isRight = ([each, text]: [string, string]): boolean => each === status && text === member;
    const operations = members
      .filter((each) => !isRight(each))
      .map(([each, text]): IndexOperation => ["ZREM", keys.status(each), text]);
    if (status !== null && !members.some(isRight)) operations.push(["ZADD", keys.status(status), member]);
    return operations;
  }

  #basenameDifferences(id: string, { basename }: DocumentFacts, { basenames }: IndexedAt): IndexOperation[] {
    const { keys } = this.#options;
    const operations = basenames
      .filter((name) => name !== basename)
      .map((name): IndexOperation => ["SREM", keys.basename(name), id]);
    if (basename !== null && !basenames.includes(basename))
      operations.push(["SADD", keys.basename(basename), id]);
    return operations;
  }
}

async function takeInventory(commands: RedisCommands, keys: KeyNames): Promise<Inventory> {
  const inventory: Inventory = {
    rows: new Set(),
    statuses: new Set(),
    basenames: new Set(),
    rebuildKeys: new Set(),
  };
  const { rowPrefix, statusPrefix, basenamePrefix, rebuildPrefix } = keys;
  for await (const found of scanKeys(commands, keys.name, { inSlotOf: rowPrefix })) {
    for (const key of found) {
      if (key.startsWith(rowPrefix)) inventory.rows.add(key.slice(rowPrefix.length));
      else if (key.startsWith(statusPrefix)) inventory.statuses.add(key.slice(statusPrefix.length));
      else if (key.startsWith(basenamePrefix)) inventory.basenames.add(key.slice(basenamePrefix.length));
      else if (key.startsWith(rebuildPrefix)) inventory.rebuildKeys.add(key);
    }
  }
  return inventory;
}

async function readIndex(
  commands: RedisCommands,
  keys: KeyNames,
  { statuses, basenames }: Inventory,
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
    const members = (await commands.one(command("zrange", keys.status(status), 0, -1))) as string[];
    for (const member of members) at(parseMember(member).id).members.push([status, member]);
  }
  for (const batch of splitBatches(basenames, { maxItems: SETS_AT_ONCE })) {
    const sets = (await commands.run(
      batch.map((name) => command("smembers", keys.basename(name))),
    )) as string[][];
    for (const [position, name] of batch.entries())
      for (const id of sets[position] ?? []) at(id).basenames.push(name);
  }
  return index;
}

/** Python may be making the index anew at this moment, or it died while it did. */
async function waitWhileRebuilt(commands: RedisCommands, rebuildKeys: readonly string[]): Promise<void> {
  const begun = performance.now();
  for (;;) {
    const idle = await idleSeconds(commands, rebuildKeys.slice(0, SETS_AT_ONCE));
    const watched = (performance.now() - begun) / 1000;
    if (idle === null ? watched >= ABANDONED_AFTER : idle >= ABANDONED_AFTER) return;
    await sleep(POLL);
  }
}

/** How long nobody has touched any of the keys; infinite when all are gone, `null` where the server keeps no account of it. */
async function idleSeconds(commands: RedisCommands, keys: readonly string[]): Promise<number | null> {
  try {
    const answers = await commands.run(keys.map((key) => command("object", "idletime", key)));
    return Math.min(
      ...answers.map((answer) => (answer === null ? Number.POSITIVE_INFINITY : Number(answer))),
    );
  } catch (error) {
    if (isStorageError(error) && !error.retryable) return null;
    throw error;
  }
}
