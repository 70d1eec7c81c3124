import { setTimeout as sleep } from "node:timers/promises";

import { DOC_STATUSES, isStorageError, type Logger } from "@tetrad/core";
import { splitBatches } from "@tetrad/core/plugin";

import { factsOf, NO_FACTS } from "./document-facts.js";
import { DocumentWriter, type RowSwap } from "./document-writer.js";
import {
  type IndexedAt,
  indexDifferences,
  type Inventory,
  readIndex,
  takeInventory,
} from "./index-content.js";
import type { KeyNames } from "./key-names.js";
import { command, type RedisCommands } from "./redis-commands.js";

export interface IndexCheckOptions {
  readonly commands: RedisCommands;
  readonly keys: KeyNames;
  /** `rows` compares the index with the content of each row, `ids` only with which rows there are. */
  readonly depth: "rows" | "ids";
  readonly logger: Logger;
  readonly signal: AbortSignal | undefined;
}

/** LightRAG's temporary keys count as left behind when nobody has touched them for this long, in seconds. */
const ABANDONED_AFTER = 5;
const POLL = 250;
const ROWS_AT_ONCE = 256;
const KEYS_AT_ONCE = 500;
/** Longer than Python takes from one request of its renaming to the next. */
const RENAMING_PAUSE = 1000;

/**
 * Compares the index of documents with the rows, and puts right what is not as it should be: after
 * a release of LightRAG that had no index, after a crash while Python made it anew, after keys were
 * deleted by hand. Each row's part is changed only while the row stays as it was read, so that others
 * may write meanwhile.
 */
export async function checkIndex(options: IndexCheckOptions): Promise<void> {
  const { commands, keys, logger, signal } = options;
  const found = await takeInventory(commands, keys, signal);
  const inventory = found.rebuildKeys.size > 0 ? await waitWhileRebuilt(options, found) : found;
  const repair = new IndexRepair(options, await readIndex(commands, keys, inventory, signal));
  const repaired = await repair.run(inventory.rows);
  if (repaired > 0) {
    logger.warn(`The index of documents on Redis was not right for ${repaired} documents; it is now`, {
      documents: inventory.rows.size,
    });
  }
  // Last: until then Python, too, would make the index anew.
  for (const batch of splitBatches(inventory.rebuildKeys, { maxItems: KEYS_AT_ONCE }))
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
    const { depth, keys, signal } = this.#options;
    const wanted = depth === "rows" ? [...rows] : [...rows].filter((id) => !this.#isListed(id));
    const orphans = [...this.#index.keys()].filter((id) => !rows.has(id));
    let repaired = 0;
    for (const batch of splitBatches([...wanted, ...orphans], { maxItems: ROWS_AT_ONCE })) {
      signal?.throwIfAborted();
      const current = await this.#writer.read(batch);
      const swaps = current.flatMap(({ record, sha }, index): RowSwap[] => {
        const id = batch[index] ?? "";
        const facts = record === null ? NO_FACTS : factsOf(id, record);
        const operations = indexDifferences(keys, id, facts, this.#index.get(id));
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
}

/**
 * Python may be making the index anew at this moment, or it died while it did. It writes the status of
 * each document that it reads, and many file names but once; when it is done, it renames all of them,
 * those of statuses first. So it lives while any of them is written or renamed.
 *
 * @returns what is there when nobody does any more
 */
async function waitWhileRebuilt(
  { commands, keys, signal }: IndexCheckOptions,
  found: Inventory,
): Promise<Inventory> {
  const statuses = DOC_STATUSES.map((status) => keys.rebuiltStatus(status));
  for (let inventory = found; ;) {
    const { rebuildKeys } = inventory;
    await waitUntilIdle(commands, [...statuses, ...[...rebuildKeys].slice(0, KEYS_AT_ONCE)], signal);
    if (rebuildKeys.size > 0) await sleep(RENAMING_PAUSE, undefined, { signal });
    inventory = await takeInventory(commands, keys, signal);
    const isAsBefore =
      inventory.rebuildKeys.size === rebuildKeys.size &&
      [...inventory.rebuildKeys].every((key) => rebuildKeys.has(key));
    if (isAsBefore) return inventory;
  }
}

async function waitUntilIdle(
  commands: RedisCommands,
  watched: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const begun = performance.now();
  for (;;) {
    const idle = await idleSeconds(commands, watched, signal);
    const waited = (performance.now() - begun) / 1000;
    if (idle === null ? waited >= ABANDONED_AFTER : idle >= ABANDONED_AFTER) return;
    await sleep(POLL, undefined, { signal });
  }
}

/** How long nobody has touched any of the keys; infinite when all are gone, `null` where the server keeps no account of it. */
async function idleSeconds(
  commands: RedisCommands,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<number | null> {
  try {
    const asks = keys.map((key) => command("object", "idletime", key));
    const answers = await commands.run(asks, { signal });
    return Math.min(
      ...answers.map((answer) => (answer === null ? Number.POSITIVE_INFINITY : Number(answer))),
    );
  } catch (error) {
    if (isStorageError(error) && !error.retryable) return null;
    throw error;
  }
}
