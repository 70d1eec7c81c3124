import {
  type DocPage,
  type DocStatus,
  type DocStatusInput,
  type DocStatusRecord,
  InvalidArgumentError,
  RecordNotFoundError,
  type SignalOptions,
  StorageNotOpenError,
  type StorageRecord,
} from "@tetrad/core";
import {
  type BatchOptions,
  type CheckedDocsPaginatedOptions,
  type ClientLease,
  type DocStatusStorageImplementation,
  formatPosition,
  isDocStatus,
  parsePosition,
} from "@tetrad/core/plugin";

import { openDatabase, workspaceColumn } from "./connection.js";
import type { Database, Row, Value } from "./database.js";
import { DocumentPages } from "./records/document-pages.js";
import { RecordTable } from "./records/record-table.js";
import { parseTime } from "./records/times.js";
import { docStatusPlace } from "./schema/record-definitions.js";
import { setUpTables } from "./schema/set-up-tables.js";
import { postgresSettings, type PostgresStorageOptions } from "./settings.js";
import { isStorable } from "./sql-text.js";

/** By (`created_at`, id), those without a time first. */
const EARLIEST = 'ORDER BY created_at NULLS FIRST, id COLLATE "C" LIMIT 1';
/** As JavaScript's truth: LightRAG writes `true` or nothing. */
const IS_DUPLICATE = "coalesce(metadata->>'is_duplicate', 'false') NOT IN ('false', '0', '')";

/** Document status in LightRAG's table. */
export class PGDocStatusStorage implements DocStatusStorageImplementation {
  static readonly settings = postgresSettings;
  static readonly workspaceVariable = "POSTGRES_WORKSPACE";
  static readonly defaultWorkspace = "default";
  readonly capabilities = { keepsCreationTime: true };
  readonly #options: PostgresStorageOptions;
  readonly #table: RecordTable;
  readonly #pages: DocumentPages;
  #lease: ClientLease<Database> | undefined;

  constructor(options: PostgresStorageOptions) {
    this.#options = options;
    const { definition, scope } = docStatusPlace(options.namespace, workspaceColumn(options));
    this.#table = new RecordTable({
      table: definition.name,
      scope,
      mappings: definition.mappings,
      created: { column: "created_at", isReplaceable: false, fallback: "updated_at" },
      skipped: [],
      limits: options,
    });
    this.#pages = new DocumentPages(this.#table);
  }

  async initialize({ signal }: SignalOptions): Promise<void> {
    if (this.#lease !== undefined) return;
    const { namespace, logger } = this.#options;
    const { definition } = docStatusPlace(namespace, "");
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

  async getByIds(ids: readonly string[]): Promise<(DocStatusRecord | null)[]> {
    const found = await this.#table.getByIds(this.#database, ids);
    return ids.map((id) => (found.get(id) as DocStatusRecord | undefined) ?? null);
  }

  async filterKeys(keys: readonly string[]): Promise<Set<string>> {
    const existing = await this.#table.existing(this.#database, keys);
    return new Set(keys.filter((key) => !existing.has(key)));
  }

  async upsert(records: ReadonlyMap<string, DocStatusInput>): Promise<void> {
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

  entries({ batchSize }: BatchOptions): AsyncIterable<readonly [string, DocStatusRecord]> {
    return this.#table.entries(this.#database, batchSize) as AsyncIterable<
      readonly [string, DocStatusRecord]
    >;
  }

  async updateDocStatusFields(
    id: string,
    fields: StorageRecord,
    { missingOk }: { readonly missingOk: boolean },
  ): Promise<void> {
    await this.#database.transaction(async (session) => {
      const stored = (await this.#table.getByIds(session, [id], "FOR UPDATE")).get(id);
      if (stored !== undefined) return this.#table.upsert(session, [[id, { ...stored, ...fields }]]);
      if (!missingOk) throw new RecordNotFoundError(`There is no document ${JSON.stringify(id)} to update`);
    });
  }

  async getStatusCounts(): Promise<Partial<Record<DocStatus, number>>> {
    const rows = await this.#pages.countByStatus(this.#database);
    const counts: Partial<Record<DocStatus, number>> = {};
    for (const { status, count } of rows) if (isDocStatus(status)) counts[status] = Number(count);
    return counts;
  }

  getDocsByStatuses(statuses: readonly DocStatus[]): Promise<Map<string, DocStatusRecord>> {
    return this.#select(`status = ANY(${this.#table.list(1)})`, statuses);
  }

  getDocsByTrackId(trackId: string): Promise<Map<string, DocStatusRecord>> {
    return this.#select(`track_id = ${this.#table.parameter(1)}`, trackId);
  }

  async getDocsByStatusesPage(
    statuses: readonly DocStatus[],
    { limit, position }: { readonly limit: number; readonly position: string | null },
  ): Promise<DocPage> {
    const after = position === null ? null : parsePosition(position);
    const createdAt = after === null || after.createdAt === "" ? null : parseTime(after.createdAt);
    if (after !== null && after.createdAt !== "" && createdAt === null) {
      throw new InvalidArgumentError('The position is none of a page: pass the "next" of the page before');
    }
    // One more than a page tells whether there is another page.
    const rows = await this.#pages.sweep(this.#database, statuses, {
      limit: limit + 1,
      after: after === null ? null : { createdAt, id: after.id },
    });
    const docs = this.#decodeAll(rows.slice(0, limit));
    const last = [...docs].at(-1);
    const hasMore = rows.length > limit && last !== undefined;
    return {
      docs,
      next: hasMore ? formatPosition({ createdAt: last[1].created_at ?? "", id: last[0] }) : null,
    };
  }

  async getDocsPaginated(
    options: CheckedDocsPaginatedOptions,
  ): Promise<{ docs: [string, DocStatusRecord][]; total: number }> {
    const [total, rows] = await Promise.all([
      this.#pages.count(this.#database, options.statuses),
      this.#pages.page(this.#database, options),
    ]);
    return { docs: [...this.#decodeAll(rows)], total };
  }

  async getDocByFilePath(path: string): Promise<DocStatusRecord | null> {
    return (await this.#first(this.#hasPath, path))?.[1] ?? null;
  }

  getDocByFileBasename(name: string): Promise<[string, DocStatusRecord] | null> {
    return this.#first(`${this.#hasPath} AND NOT ${IS_DUPLICATE}`, name);
  }

  getDocByContentHash(
    hash: string,
    { excludeDocId }: { readonly excludeDocId?: string | undefined },
  ): Promise<[string, DocStatusRecord] | null> {
    const [first, second] = [this.#table.parameter(1), this.#table.parameter(2)];
    const condition = `content_hash = ${first}${hash === "" ? "" : " AND content_hash <> ''"}`;
    if (excludeDocId === undefined || !isStorable(excludeDocId)) return this.#first(condition, hash);
    const isPointer = `${IS_DUPLICATE} AND coalesce(metadata->>'original_doc_id', '') = ${second}`;
    return this.#first(`${condition} AND id <> ${second} AND NOT (${isPointer})`, hash, excludeDocId);
  }

  async #select(condition: string, ...values: Value[]): Promise<Map<string, DocStatusRecord>> {
    if (!values.every((value) => typeof value !== "string" || isStorable(value))) return new Map();
    const rows = await this.#database.query(
      `SELECT ${this.#table.selected} FROM ${this.#table.name} WHERE ${this.#table.scopeCondition} AND ${condition}`,
      this.#table.values(...values),
    );
    return this.#decodeAll(rows);
  }

  async #first(condition: string, ...values: string[]): Promise<[string, DocStatusRecord] | null> {
    const found = await this.#select(`${condition} ${EARLIEST}`, ...values);
    return [...found][0] ?? null;
  }

  /** As our index has it. */
  get #hasPath(): string {
    return `file_path COLLATE "C" = ${this.#table.parameter(1)}`;
  }

  #decodeAll(rows: readonly Row[]): Map<string, DocStatusRecord> {
    return new Map(rows.map((row) => [row["id"] ?? "", this.#table.decode(row) as DocStatusRecord]));
  }

  get #database(): Database {
    if (this.#lease === undefined) throw new StorageNotOpenError("PGDocStatusStorage is not open");
    return this.#lease.client;
  }
}
