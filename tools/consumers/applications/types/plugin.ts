import { StorageCapabilityError, type StorageRecord } from "@tetrad/core";
import {
  defineSettings,
  type KVStorageImplementation,
  REQUIRED_METHODS,
  type ResolvedStorageOptions,
  type SettingValues,
} from "@tetrad/core/plugin";
import { type ConformanceResult, type ConformanceTarget, runConformance } from "@tetrad/testkit";
import { describeKVStorage } from "@tetrad/testkit/node";

const settings = defineSettings({
  maxRows: {
    variable: "MY_MAX_ROWS",
    type: "integer",
    min: 1,
    default: 1_000,
    description: "Most rows kept",
  },
});

/** A stranger's backend, typed by the contract. */
export class MyKVStorage implements KVStorageImplementation {
  static readonly settings = settings;
  readonly capabilities = { persistent: false };
  readonly #rows = new Map<string, StorageRecord>();
  readonly #maxRows: number;

  constructor(options: ResolvedStorageOptions & SettingValues<typeof settings>) {
    this.#maxRows = options.maxRows;
  }

  async getByIds(ids: readonly string[]): Promise<(StorageRecord | null)[]> {
    return ids.map((id) => this.#rows.get(id) ?? null);
  }

  async upsert(records: ReadonlyMap<string, StorageRecord>): Promise<void> {
    if (this.#rows.size + records.size > this.#maxRows) throw new StorageCapabilityError("It is full");
    for (const [id, record] of records) this.#rows.set(id, record);
  }

  async delete(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#rows.delete(id);
  }

  async *entries(): AsyncIterable<readonly [string, StorageRecord]> {
    yield* this.#rows;
  }

  async drop(): Promise<void> {
    this.#rows.clear();
  }
}

export const required: readonly string[] = REQUIRED_METHODS.KV_STORAGE;

export async function check(target: ConformanceTarget<"KV_STORAGE">): Promise<ConformanceResult[]> {
  describeKVStorage("MyKVStorage", target, { randomSequences: 10 });
  return runConformance("KV_STORAGE", target, { filter: "kv/" });
}
