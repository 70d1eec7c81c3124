import { setImmediate as nextTurn } from "node:timers/promises";

import type { StoredVectorRecord, VectorMatch, VectorRow } from "@tetrad/core";
import {
  type BatchOptions,
  type VectorChanges,
  vectorRecord,
  type VectorSearchOptions,
  type VectorTable,
} from "@tetrad/core/plugin";
import type { OpenedStore } from "@tetrad/file-engine";

import type { NanoContent } from "./nano-content.js";
import type { NanoChange } from "./nano-file-format.js";
import { parseRow } from "./nano-row.js";

let lastWriteSequence = 0n;

/** Nanoseconds since 1970, but more with each call: LightRAG tells by it which of two rows is newer. */
function nextWriteSequence(): bigint {
  const now = BigInt(Date.now()) * 1_000_000n;
  lastWriteSequence = now > lastWriteSequence ? now : lastWriteSequence + 1n;
  return lastWriteSequence;
}

/** The rows of a nano-vectordb file, as deferred embedding works on them. */
export class NanoVectorTable implements VectorTable {
  readonly #store: OpenedStore<NanoContent, NanoChange>;

  constructor(store: OpenedStore<NanoContent, NanoChange>) {
    this.#store = store;
  }

  async write({ deletedIds, rows }: VectorChanges): Promise<void> {
    await this.#store.applyWhenIdle({ deletedIds, rows, writeSequence: nextWriteSequence() });
  }

  async search(
    queries: readonly Float32Array[],
    topK: number,
    { ids, threshold, signal }: VectorSearchOptions,
  ): Promise<VectorMatch[][]> {
    const content = this.#content;
    const found = await content.index.searchBatch(queries, topK, { ids, threshold, signal });
    return found.map((hits) =>
      hits.flatMap(({ id, score }) => {
        const record = readRecord(content, id);
        return record === null ? [] : [{ ...record, distance: score }];
      }),
    );
  }

  async getRecords(ids: readonly string[]): Promise<(StoredVectorRecord | null)[]> {
    return ids.map((id) => readRecord(this.#content, id));
  }

  async getVectors(ids: readonly string[]): Promise<Map<string, Float32Array>> {
    const vectors = new Map<string, Float32Array>();
    for (const id of ids) {
      const vector = this.#content.index.peek(id);
      if (vector !== undefined) vectors.set(id, vector.slice());
    }
    return vectors;
  }

  async findByEndpoint(name: string): Promise<string[]> {
    return [...(this.#content.byEndpoint.get(name) ?? [])];
  }

  async *scan({ batchSize }: BatchOptions): AsyncIterable<VectorRow<Float32Array>> {
    const content = this.#content;
    const last = content.lastSequence;
    let sinceTurn = 0;
    for (const [id, { sequence, text }] of content.rows) {
      const vector = content.index.peek(id);
      if (sequence > last || vector === undefined) continue;
      const { fields, createdAt } = parseRow(text);
      yield { id, vector: vector.slice(), fields: { ...fields, created_at: createdAt } };
      sinceTurn += 1;
      if (sinceTurn % batchSize === 0) await nextTurn();
    }
  }

  async count(): Promise<number> {
    return this.#content.rows.size;
  }

  get #content(): NanoContent {
    return this.#store.state;
  }
}

function readRecord(content: NanoContent, id: string): StoredVectorRecord | null {
  const row = content.rows.get(id);
  if (row === undefined) return null;
  const { createdAt, fields } = parseRow(row.text);
  return vectorRecord(id, createdAt, fields);
}
