import type { SignalOptions, StorageRecord } from "@tetrad/core";
import {
  type BatchOptions,
  type KVStorageImplementation,
  splitBatches,
  stringifyJson,
} from "@tetrad/core/plugin";

import { KeyNames } from "./key-names.js";
import { scanKeys } from "./key-scan.js";
import { encodeKVRow, type KVRow, sizeOfKVRow } from "./kv-row.js";
import { flattenLegacyEntry, LEGACY_MODES } from "./legacy-cache.js";
import { PUT_RECORDS } from "./lua-scripts.js";
import { command, eachBatch, scriptCall } from "./redis-commands.js";
import { RedisRecordStorage } from "./redis-record-storage.js";

/** Rows that one call of a script writes: it holds the server for a fraction of a millisecond. */
const ROWS_AT_ONCE = { maxItems: 128, maxBytes: 512 * 1024, bytesOf: sizeOfKVRow };

/** Key-value storage on Redis: a row for each key `<workspace>_<namespace>:<id>`, as LightRAG keeps them. */
export class RedisKVStorage extends RedisRecordStorage<StorageRecord> implements KVStorageImplementation {
  /** Whether the rows of the next batch are most likely new, as those of the last one were. */
  #areNew = true;

  async upsert(records: ReadonlyMap<string, StorageRecord>): Promise<void> {
    const now = Math.floor(Date.now() / 1000);
    await eachBatch(splitBatches(this.#encode(records, now), ROWS_AT_ONCE), async (rows) => {
      const groups = this.commands.groups(rows.map(({ key }) => key));
      const put = (group: readonly number[]): Promise<void> =>
        this.#put(
          group.flatMap((index) => rows[index] ?? []),
          now,
        );
      await eachBatch(groups, put, groups.length);
    });
  }

  async delete(ids: readonly string[]): Promise<void> {
    await this.unlink(ids.map((id) => this.keys.row(id)));
  }

  async drop(): Promise<void> {
    await this.deleteKeys([this.keys.rowPrefix]);
  }

  async isEmpty(): Promise<boolean> {
    for await (const _ of scanKeys(this.commands, this.keys.rowPrefix)) return false;
    return true;
  }

  async count(): Promise<number> {
    const found = new Set<string>();
    for await (const keys of scanKeys(this.commands, this.keys.rowPrefix))
      for (const key of keys) found.add(key);
    return found.size;
  }

  async *entries({ batchSize, signal }: BatchOptions): AsyncIterable<readonly [string, StorageRecord]> {
    for await (const ids of this.#ids(signal)) {
      for (const batch of splitBatches(ids, { maxItems: batchSize })) {
        yield* (await this.readRecords(batch, signal)) as [string, StorageRecord][];
      }
    }
  }

  protected override nameKeys(): KeyNames {
    return KeyNames.of(this.options);
  }

  protected override async prepare({ signal }: SignalOptions): Promise<void> {
    if (this.options.namespace.endsWith("_cache")) await this.#flatten(signal);
  }

  /** New entries come first: should it end in between, the old record is still there to begin again with. */
  async #flatten(signal: AbortSignal | undefined): Promise<void> {
    for (const [mode, record] of await this.readRecords(LEGACY_MODES, signal)) {
      const entries = flattenLegacyEntry(mode, record);
      if (entries === null) continue;
      for (const batch of splitBatches(entries, { maxItems: 128 })) {
        await this.commands.run(
          batch.map(([id, entry]) => command("set", this.keys.row(id), stringifyJson(entry), "NX")),
        );
      }
      await this.unlink([this.keys.row(mode)]);
    }
  }

  /** Every id once. */
  async *#ids(signal?: AbortSignal): AsyncIterable<string[]> {
    const seen = new Set<string>();
    for await (const keys of scanKeys(this.commands, this.keys.rowPrefix, { signal })) {
      const fresh: string[] = [];
      for (const key of keys) {
        const id = this.keys.idOf(key);
        if (id === null || seen.has(id)) continue;
        seen.add(id);
        fresh.push(id);
      }
      if (fresh.length > 0) yield fresh;
    }
  }

  /**
   * Writes rows that one command may name. New ones need nothing of what is there: the server takes
   * them in a fraction of the time that the script needs, which keeps the creation times of the others.
   */
  async #put(rows: readonly KVRow[], now: number): Promise<void> {
    const outcome = "unknown";
    if (this.#areNew) {
      const insert = command("msetnx", ...rows.flatMap(({ key, text }) => [key, text]));
      if (Number(await this.commands.one(insert, { outcome })) === 1) return;
    }
    const keys = rows.map(({ key }) => key);
    const args = rows.flatMap(({ text, bytesAfterTime }) => [text, bytesAfterTime]);
    const added = await this.commands.one(scriptCall(PUT_RECORDS, keys, [now, ...args]), { outcome });
    this.#areNew = Number(added) === rows.length;
  }

  *#encode(records: ReadonlyMap<string, StorageRecord>, now: number): Iterable<KVRow> {
    for (const [id, record] of records) yield encodeKVRow(this.keys.row(id), id, record, now);
  }
}
