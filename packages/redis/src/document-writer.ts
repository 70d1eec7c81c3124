import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { StorageUnavailableError } from "@tetrad/core";
import { splitBatches, stringifyJson } from "@tetrad/core/plugin";

import { type DocumentFacts, factsOf, NO_FACTS } from "./document-facts.js";
import {
  type IndexedAt,
  indexDifferences,
  type IndexOperation,
  readIndex,
  takeInventory,
} from "./index-content.js";
import type { KeyNames } from "./key-names.js";
import { SWAP_DOCUMENTS } from "./lua-scripts.js";
import {
  command,
  eachBatch,
  type RedisArgument,
  type RedisCommand,
  type RedisCommands,
  scriptCall,
} from "./redis-commands.js";
import { parseRecord, type StoredRecord } from "./stored-record.js";

/** A row as it stands on the server. */
export interface CurrentRow {
  /** `null` where there is none, or where it is no object. */
  readonly record: StoredRecord | null;
  readonly exists: boolean;
  /** SHA-1 of its bytes; empty where there is none. */
  readonly sha: string;
}

/** The new row, `null` to delete it, `undefined` to leave it as it is. */
export type Decide = (id: string, current: CurrentRow) => StoredRecord | null | undefined;

/** A change of one row and its index, to be made if the row is still the one that was read. */
export interface RowSwap {
  readonly id: string;
  readonly sha: string;
  /** Empty: delete the row. `=`: leave it. */
  readonly text: string;
  readonly operations: readonly IndexOperation[];
}

interface RowChange {
  readonly id: string;
  readonly current: CurrentRow;
  readonly next: StoredRecord | null;
}

const ROWS_READ_AT_ONCE = 256;
/** What one call of the script changes. */
const SWAPS_AT_ONCE = {
  maxItems: 64,
  maxBytes: 512 * 1024,
  bytesOf: ({ text }: RowSwap) => text.length + 200,
};
const ATTEMPTS = 50;
/** From this attempt on it pauses, so that writers of one row do not go on disturbing each other. */
const FIRST_PAUSED_ATTEMPT = 4;
const LONGEST_PAUSE = 50;

/**
 * Writes documents, each together with its place in LightRAG's index, and only over the row that was
 * read: what Python or another process writes in between is not lost, and is taken into account.
 */
export class DocumentWriter {
  readonly #commands: RedisCommands;
  readonly #keys: KeyNames;

  constructor(commands: RedisCommands, keys: KeyNames) {
    this.#commands = commands;
    this.#keys = keys;
  }

  async change(ids: readonly string[], decide: Decide): Promise<void> {
    await eachBatch(splitBatches(ids, { maxItems: ROWS_READ_AT_ONCE }), async (batch) => {
      let left = batch;
      for (let attempt = 1; left.length > 0; attempt += 1) {
        if (attempt > ATTEMPTS) throw this.#tooBusy(left);
        if (attempt >= FIRST_PAUSED_ATTEMPT) await sleep(Math.random() * LONGEST_PAUSE);
        left = await this.#changeOnce(left, decide);
      }
    });
  }

  /** @returns the ids of rows that had been changed meanwhile */
  async swap(swaps: readonly RowSwap[]): Promise<string[]> {
    const failed: string[] = [];
    for (const batch of splitBatches(swaps, SWAPS_AT_ONCE)) {
      const results = (await this.#commands.one(swapCall(this.#keys, batch), {
        outcome: "unknown",
      })) as number[];
      for (const [index, { id }] of batch.entries()) if (results[index] !== 1) failed.push(id);
    }
    return failed;
  }

  /** Rows as bytes, since their hash is to be that of the server. */
  async read(ids: readonly string[]): Promise<CurrentRow[]> {
    const call: RedisCommand = {
      ...command("mget", ...ids.map((id) => this.#keys.row(id))),
      asBuffers: true,
    };
    const rows = (await this.#commands.one(call)) as (Buffer | null)[];
    return rows.map((bytes) => {
      if (bytes === null) return { record: null, exists: false, sha: "" };
      const sha = createHash("sha1").update(bytes).digest("hex");
      return { record: parseRecord(bytes.toString("utf8")), exists: true, sha };
    });
  }

  /**
   * What has to change in the index when a row becomes another one. What needs room comes first: a
   * server that is full refuses the whole change then, and not after a part of it.
   */
  operations(id: string, before: DocumentFacts, after: DocumentFacts): IndexOperation[] {
    const operations: IndexOperation[] = [];
    if (after.status !== null) operations.push(["ZADD", this.#keys.status(after.status), after.member]);
    if (after.basename !== null) operations.push(["SADD", this.#keys.basename(after.basename), id]);
    const isSamePlace = before.status === after.status && before.member === after.member;
    if (before.status !== null && !isSamePlace)
      operations.push(["ZREM", this.#keys.status(before.status), before.member]);
    if (before.basename !== null && before.basename !== after.basename)
      operations.push(["SREM", this.#keys.basename(before.basename), id]);
    return operations;
  }

  async #changeOnce(ids: readonly string[], decide: Decide): Promise<string[]> {
    const rows = await this.read(ids);
    const changes = rows.flatMap((current, index): RowChange[] => {
      const id = ids[index] ?? "";
      const next = decide(id, current);
      return next === undefined || (next === null && !current.exists) ? [] : [{ id, current, next }];
    });
    // A damaged row does not tell where the index has it.
    const isDamaged = changes.some(({ current }) => current.exists && current.record === null);
    const index = isDamaged ? await this.#readIndex() : new Map<string, IndexedAt>();
    return this.swap(changes.map((change) => this.#swapOf(change, index)));
  }

  #swapOf({ id, current, next }: RowChange, index: ReadonlyMap<string, IndexedAt>): RowSwap {
    const { record, exists, sha } = current;
    const after = next === null ? NO_FACTS : factsOf(id, next);
    const operations =
      exists && record === null
        ? indexDifferences(this.#keys, id, after, index.get(id))
        : this.operations(id, record === null ? NO_FACTS : factsOf(id, record), after);
    return { id, sha, text: next === null ? "" : stringifyJson(next), operations };
  }

  async #readIndex(): Promise<Map<string, IndexedAt>> {
    return readIndex(this.#commands, this.#keys, await takeInventory(this.#commands, this.#keys));
  }

  #tooBusy(ids: readonly string[]): StorageUnavailableError {
    return new StorageUnavailableError(
      `Others changed the document ${JSON.stringify(ids[0])} each of the ${ATTEMPTS} times it was to be written. Try again later.`,
      { outcome: "not-applied" },
    );
  }
}

function swapCall(keys: KeyNames, swaps: readonly RowSwap[]): RedisCommand {
  const numbers = new Map<string, number>();
  const numberOf = (key: string): number => {
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, numbers.size + 1);
    return numbers.size;
  };
  const args: RedisArgument[] = [swaps.length];
  for (const { id, sha, text, operations } of swaps) {
    args.push(numberOf(keys.row(id)), sha, text, operations.length);
    for (const [operation, key, member] of operations) args.push(operation, numberOf(key), member);
  }
  return scriptCall(SWAP_DOCUMENTS, [...numbers.keys()], args);
}
