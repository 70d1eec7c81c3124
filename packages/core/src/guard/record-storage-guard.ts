import type { BatchOptions, RecordImplementation } from "../contracts/implementations.js";
import type { RecordStorage } from "../contracts/kv-storage.js";
import type { Records, StorageRecord } from "../contracts/record.js";
import type { EntriesOptions } from "../contracts/storage.js";
import { InvalidRecordError, StorageContractError } from "../errors/index.js";
import { alignResults } from "./align-results.js";
import {
  checkId,
  checkInteger,
  checkLookupId,
  checkLookupIds,
  checkIterable,
  describe,
  type IdRule,
} from "./argument-checks.js";
import { RecordCleaner } from "./record-cleaning.js";
import { StorageSession } from "./storage-session.js";

const DEFAULT_BATCH_SIZE = 1000;

/** The guard of storages that hold records by id, with the defaults of what a backend may leave out. */
export abstract class RecordStorageGuard<
  Input extends object,
  Row extends object,
  Stored extends object,
  Implementation extends RecordImplementation<Input, Row>,
>
  extends StorageSession<Implementation>
  implements RecordStorage<Input, Stored>
{
  /** What a record becomes on its way in; it is a clean copy already. */
  protected abstract stamp(id: string, record: StorageRecord, previous: Stored | undefined): Input;
  /** What a record becomes on its way out. */
  protected abstract present(id: string, row: Row): Stored;
  /** Whether the stamp that survives an overwrite has to come from the row before. */
  protected abstract needsPrevious(record: StorageRecord): boolean;

  async getById(id: string): Promise<Stored | null> {
    const [record = null] = await this.getByIds([id]);
    return record;
  }

  async getByIds(ids: Iterable<string>): Promise<(Stored | null)[]> {
    const asked = Array.from(checkIterable(ids, "ids"), checkLookupId);
    const found = await this.run(() => this.fetch([...new Set(asked)]));
    return alignResults(asked, (id) => found.get(id));
  }

  async filterKeys(keys: Iterable<string>): Promise<Set<string>> {
    const asked = checkLookupIds(keys);
    return this.run(async () => {
      if (this.implementation.filterKeys !== undefined) return this.implementation.filterKeys(asked);
      const found = await this.fetch(asked);
      return new Set(asked.filter((id) => !found.has(id)));
    });
  }

  async upsert(records: Records<Input>): Promise<void> {
    const cleaned = this.#clean(records);
    await this.run(async () => {
      if (cleaned.size === 0) return;
      const previous = await this.#previousRecords(cleaned);
      const stamped = new Map<string, Input>();
      for (const [id, record] of cleaned) stamped.set(id, this.stamp(id, record, previous?.get(id)));
      await this.implementation.upsert(stamped);
    });
  }

  async delete(ids: Iterable<string>): Promise<void> {
    const asked = checkLookupIds(ids);
    await this.run(async () => {
      if (asked.length > 0) await this.implementation.delete(asked);
    });
  }

  async isEmpty(): Promise<boolean> {
    const isEmpty = this.implementation.isEmpty?.bind(this.implementation);
    if (isEmpty !== undefined) return this.run(() => isEmpty());
    for await (const _ of this.entries({ batchSize: 1 })) return false;
    return true;
  }

  async count(): Promise<number> {
    const countRows = this.implementation.count?.bind(this.implementation);
    if (countRows !== undefined) return this.run(() => countRows());
    let count = 0;
    for await (const _ of this.entries()) count += 1;
    return count;
  }

  entries(options: EntriesOptions = {}): AsyncGenerator<[string, Stored], void, undefined> {
    return this.iterate(
      () => this.implementation.entries(batchOptions(options)),
      ([id, row]): [string, Stored] => [id, this.present(id, row)],
      options.signal,
    );
  }

  protected get idRule(): IdRule {
    return { maxIdBytes: this.capabilities.maxIdBytes, characters: "record" };
  }

  /** Whether an id is short enough to be in this backend at all. */
  protected canHold(id: string): boolean {
    const { maxIdBytes } = this.capabilities;
    return maxIdBytes === null || Buffer.byteLength(id) <= maxIdBytes;
  }

  /** Records by id, without those there are not. The call around it checks the state. */
  protected async fetch(ids: readonly string[]): Promise<Map<string, Stored>> {
    const possible = ids.filter((id) => this.canHold(id));
    const found = possible.length === 0 ? [] : await this.implementation.getByIds(possible);
    if (found.length !== possible.length) {
      throw new StorageContractError(
        `${this.name}.getByIds gave ${found.length} results for ${possible.length} ids; they have to be aligned`,
      );
    }
    const records = new Map<string, Stored>();
    for (const [index, id] of possible.entries()) {
      const row = found[index];
      if (row !== null && row !== undefined) records.set(id, this.present(id, row));
    }
    return records;
  }

  #clean(records: Records<Input>): Map<string, StorageRecord> {
    const cleaner = new RecordCleaner("record");
    const cleaned = new Map<string, StorageRecord>();
    for (const [id, record] of entriesOf(records)) {
      checkId(id, this.idRule);
      cleaned.set(id, cleaner.record(record, id));
    }
    this.reportRemovedCharacters(cleaner.removed);
    return cleaned;
  }

  /** The rows about to be replaced, where their creation stamp is needed and the backend does not keep it. */
  async #previousRecords(
    records: ReadonlyMap<string, StorageRecord>,
  ): Promise<Map<string, Stored> | undefined> {
    if (this.capabilities.keepsCreationTime) return undefined;
    return this.fetch([...records].filter(([, record]) => this.needsPrevious(record)).map(([id]) => id));
  }
}

export function batchOptions(options: EntriesOptions): BatchOptions {
  return {
    batchSize:
      options.batchSize === undefined ? DEFAULT_BATCH_SIZE : checkInteger(options.batchSize, "batchSize", 1),
    signal: options.signal,
  };
}

/** The pairs of an object or of an iterable of pairs. */
export function entriesOf<T extends object>(records: Records<T>): Iterable<readonly [string, T]> {
  if (typeof records !== "object" || records === null) {
    throw new InvalidRecordError(
      `Records come as an object or as [id, record] pairs, not as ${describe(records)}`,
    );
  }
  return Symbol.iterator in records ? (records as Iterable<readonly [string, T]>) : Object.entries(records);
}
