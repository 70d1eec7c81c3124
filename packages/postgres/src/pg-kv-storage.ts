import { type SignalOptions, type StorageRecord, StorageNotOpenError } from "@tetrad/core";
import type { BatchOptions, ClientLease, KVStorageImplementation } from "@tetrad/core/plugin";

import { openDatabase, workspaceColumn } from "./connection.js";
import type { Database } from "./database.js";
import { RecordTable } from "./records/record-table.js";
import { kvPlace } from "./schema/record-definitions.js";
import { setUpTables } from "./schema/set-up-tables.js";
import { postgresSettings, type PostgresStorageOptions } from "./settings.js";

/** Key-value storage in LightRAG's tables, or in one of ours for other namespaces. */
export class PGKVStorage implements KVStorageImplementation {
  static readonly settings = postgresSettings;
  static readonly workspaceVariable = "POSTGRES_WORKSPACE";
  static readonly defaultWorkspace = "default";
  readonly capabilities = { keepsCreationTime: true };
  readonly #options: PostgresStorageOptions;
  readonly #table: RecordTable;
  #lease: ClientLease<Database> | undefined;

  constructor(options: PostgresStorageOptions) {
    this.#options = options;
    const { definition, scope } = kvPlace(options.namespace, workspaceColumn(options));
    this.#table = new RecordTable({
      table: definition.name,
      scope,
      mappings: definition.mappings,
      created: { column: "create_time", isReplaceable: true, fallback: "update_time" },
      skipped: ["_id"],
      limits: options,
    });
  }

  async initialize({ signal }: SignalOptions): Promise<void> {
    if (this.#lease !== undefined) return;
    const { namespace, logger } = this.#options;
    const { definition } = kvPlace(namespace, "");
    const { lease } = await openDatabase(this.#options, signal, (database) =>
      setUpTables({ database, logger }, [definition]),
    );
    this.#lease = lease;
  }

  async finalize(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.release();
  }

  async drop(): Promise<void> {
    await this.#table.drop(this.#database);
  }

  async getByIds(ids: readonly string[]): Promise<(StorageRecord | null)[]> {
    const found = await this.#table.getByIds(this.#database, ids);
    return ids.map((id) => found.get(id) ?? null);
  }

  async filterKeys(keys: readonly string[]): Promise<Set<string>> {
    const existing = await this.#table.existing(this.#database, keys);
    return new Set(keys.filter((key) => !existing.has(key)));
  }

  async upsert(records: ReadonlyMap<string, StorageRecord>): Promise<void> {
    const database = this.#database;
    await this.#table.upsert(database, records, database.writesAtOnce);
    database.written(this.#table.tableName, records.size);
  }

  async delete(ids: readonly string[]): Promise<void> {
    await this.#table.delete(this.#database, ids);
  }

  isEmpty(): Promise<boolean> {
    return this.#table.isEmpty(this.#database);
  }

  count(): Promise<number> {
    return this.#table.count(this.#database);
  }

  entries({ batchSize }: BatchOptions): AsyncIterable<readonly [string, StorageRecord]> {
    return this.#table.entries(this.#database, batchSize);
  }

  get #database(): Database {
    if (this.#lease === undefined) throw new StorageNotOpenError("PGKVStorage is not open");
    return this.#lease.client;
  }
}
