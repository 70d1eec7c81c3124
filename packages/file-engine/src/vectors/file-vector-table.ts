import { setImmediate as nextTurn } from "node:timers/promises";

import type { StoredVectorRecord, VectorMatch, VectorRow } from "@tetrad/core";
import {
  type BatchOptions,
  type EmbeddedRow,
  type VectorChanges,
  vectorRecord,
  type VectorSearchOptions,
  type VectorTable,
} from "@tetrad/core/plugin";

import type { RowOperation } from "../snapshots/snapshot-format.js";
import type { OpenedStore } from "../workspace/open-file-store.js";
import { parseRow } from "./row-text.js";
import type { FileVectorRow, IndexedVectors, VectorContent } from "./vector-content.js";
import { deleteRow, deleteRowsByEnd } from "./vector-operations.js";

const ROWS_PER_TURN = 512;

let lastWriteSequence = 0n;

/** Nanoseconds since 1970, but more with each call: LightRAG tells by it which of two rows is newer. */
function nextWriteSequence(): bigint {
  const now = BigInt(Date.now()) * 1_000_000n;
  lastWriteSequence = now > lastWriteSequence ? now : lastWriteSequence + 1n;
  return lastWriteSequence;
}

/** Index of a vector file that can be searched, as `VectorIndex` is. */
export interface SearchableVectors extends IndexedVectors {
  searchBatch(
    queries: readonly Float32Array[],
    topK: number,
    options: VectorSearchOptions,
  ): Promise<VectorHit[][]>;
}

export interface VectorHit {
  readonly id: string;
  /** Cosine similarity, as float32. */
  readonly score: number;
}

/** What is particular to one kind of vector file. */
export interface VectorFileKind<Content> {
  /** @param writeSequence nanoseconds since 1970 */
  putRows(rows: readonly EmbeddedRow[], writeSequence: bigint): RowOperation[];
  /** Operations that go before rows, where the content does not say yet what it is. */
  introduce?(content: Content): RowOperation[];
  /** @throws DimensionMismatchError where rows of another model came since the store was opened */
  check(content: Content): void;
  /** How the content is searched, where that is not its index alone. */
  search?(
    content: Content,
    queries: readonly Float32Array[],
    topK: number,
    options: VectorSearchOptions,
  ): Promise<VectorHit[][]>;
}

/** The rows of a vector file, as deferred embedding works on them. */
export class FileVectorTable<
  Row extends FileVectorRow<Row>,
  Content extends VectorContent<Row, SearchableVectors>,
> implements VectorTable {
  readonly #store: OpenedStore<Content>;
  readonly #kind: VectorFileKind<Content>;

  constructor(store: OpenedStore<Content>, kind: VectorFileKind<Content>) {
    this.#store = store;
    this.#kind = kind;
  }

  /** @throws DimensionMismatchError where rows of another model came since the store was opened */
  async write(changes: VectorChanges): Promise<void> {
    const puts = await this.#encodeRows(changes.rows);
    const content = await this.#store.latest();
    this.#kind.check(content);
    const introduction = puts.length === 0 ? [] : (this.#kind.introduce?.(content) ?? []);
    this.#store.apply([...introduction, ...deletions(content, changes), ...puts]);
  }

  async search(
    queries: readonly Float32Array[],
    topK: number,
    { ids, threshold, signal }: VectorSearchOptions,
  ): Promise<VectorMatch[][]> {
    const before = await this.#store.latest();
    const options = { ids, threshold, signal };
    const found = await (this.#kind.search?.(before, queries, topK, options) ??
      before.index.searchBatch(queries, topK, options));
    const content = await this.#store.latest();
    return found.map((hits) =>
      hits.flatMap(({ id, score }) => {
        const record = readRecord(content, id);
        return record === null ? [] : [{ ...record, distance: score }];
      }),
    );
  }

  async getRecords(ids: readonly string[]): Promise<(StoredVectorRecord | null)[]> {
    const content = await this.#store.latest();
    return ids.map((id) => readRecord(content, id));
  }

  async getVectors(ids: readonly string[]): Promise<Map<string, Float32Array>> {
    const { index } = await this.#store.latest();
    const vectors = new Map<string, Float32Array>();
    for (const id of ids) {
      const vector = index.peek(id);
      if (vector !== undefined) vectors.set(id, vector.slice());
    }
    return vectors;
  }

  async findByEndpoint(name: string): Promise<string[]> {
    return (await this.#store.latest()).idsByEnd(name);
  }

  async *scan({ batchSize }: BatchOptions): AsyncIterable<VectorRow<Float32Array>> {
    const { rows, index } = await this.#store.latest();
    let sinceTurn = 0;
    for (const [id, row] of rows.entries()) {
      const vector = index.peek(id);
      if (vector === undefined) continue;
      const { fields, createdAt } = parseRow(row.text);
      yield { id, vector: vector.slice(), fields: { ...fields, created_at: createdAt } };
      sinceTurn += 1;
      if (sinceTurn % batchSize === 0) await nextTurn();
    }
  }

  async count(): Promise<number> {
    return (await this.#store.latest()).rows.size;
  }

  /** A large flush is encoded a part at a time, so that others have their turn. */
  async #encodeRows(rows: readonly EmbeddedRow[]): Promise<RowOperation[]> {
    const writeSequence = nextWriteSequence();
    const operations: RowOperation[] = [];
    for (let start = 0; start < rows.length; start += ROWS_PER_TURN) {
      if (start > 0) await nextTurn();
      operations.push(...this.#kind.putRows(rows.slice(start, start + ROWS_PER_TURN), writeSequence));
    }
    return operations;
  }
}

interface AnyContent {
  readonly rows: { get(id: string): { readonly text: string } | undefined };
  idsByEnd(name: string): string[];
}

/** By end first: what these delete need not be deleted by id again. */
function deletions(
  content: AnyContent,
  { deletedIds, deletedEndpoints = [] }: VectorChanges,
): RowOperation[] {
  const byEnd = new Set(deletedEndpoints.flatMap((name) => content.idsByEnd(name)));
  return [
    ...deletedEndpoints.map(deleteRowsByEnd),
    ...deletedIds.filter((id) => !byEnd.has(id)).map(deleteRow),
  ];
}

function readRecord(content: AnyContent, id: string): StoredVectorRecord | null {
  const row = content.rows.get(id);
  if (row === undefined) return null;
  const { createdAt, fields } = parseRow(row.text);
  return vectorRecord(id, createdAt, fields);
}
