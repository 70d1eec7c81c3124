import type { OpenedStorages } from "@tetrad/core";

/*
 * Series: several writers on one workspace, each with rows of its own, in commits of various sizes.
 * Which commit a row belongs to follows from its number, and each commit writes its own number too:
 * so one read tells whether commits are seen whole and in order.
 */

export const ROWS_OF_A_WRITER = 2000;
const SIZES = [1, 1, 2, 3, 5, 8, 20, 50, 110] as const;

/** First row of each commit, and the end. */
const BOUNDS: readonly number[] = boundsOfCommits();

export const COMMITS_OF_A_WRITER = BOUNDS.length - 1;

function boundsOfCommits(): number[] {
  const bounds = [0];
  for (let commit = 0; (bounds.at(-1) ?? 0) < ROWS_OF_A_WRITER; commit += 1)
    bounds.push((bounds.at(-1) ?? 0) + (SIZES[commit % SIZES.length] ?? 1));
  return bounds;
}

const rowId = (writer: string, row: number): string => `${writer} ${row}`;
const lastId = (writer: string): string => `last of ${writer}`;

/** From 1. */
function commitOfRow(row: number): number {
  return BOUNDS.findIndex((bound) => bound > row);
}

/** Writes a commit of a series, from 1, and commits it. */
export async function writeCommit(storages: OpenedStorages, writer: string, commit: number): Promise<void> {
  const ids: string[] = [];
  for (let row = BOUNDS[commit - 1] ?? 0; row < (BOUNDS[commit] ?? 0); row += 1) ids.push(rowId(writer, row));
  ids.push(lastId(writer));
  const content = String(commit);
  await storages.docStatus.upsert(ids.map((id) => [id, { status: "processed", content_summary: content }]));
  await storages.fullDocs.upsert(ids.map((id) => [id, { content }]));
  await storages.entitiesVdb.upsert(ids.map((id) => [id, { content, entity_name: id }]));
  await storages.chunkEntityRelationGraph.upsertNodesBatch(ids.map((id) => [id, { description: content }]));
  await storages.indexDoneCallback();
}

/** What one read of a storage gave: the commit of each id, `undefined` where there is no row. */
type Read = (ids: readonly string[]) => Promise<(string | undefined)[]>;

/** The four kinds of storage. Each read is one call, so that it shows one state. */
function readsOf(storages: OpenedStorages): Readonly<Record<"kv" | "vectors" | "graph" | "docStatus", Read>> {
  return {
    kv: async (ids) => (await storages.fullDocs.getByIds(ids)).map((row) => row?.content),
    vectors: async (ids) =>
      (await storages.entitiesVdb.getByIds(ids)).map((row) => textOrNothing(row?.["content"])),
    graph: async (ids) => {
      const nodes = await storages.chunkEntityRelationGraph.getNodesBatch(ids);
      return ids.map((id) => textOrNothing(nodes.get(id)?.["description"]));
    },
    docStatus: async (ids) => (await storages.docStatus.getByIds(ids)).map((row) => row?.content_summary),
  };
}

function textOrNothing(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Follows what others commit, and notes where it is not what they can have committed. */
export class SeriesObserver {
  readonly faults: string[] = [];
  /** How often nothing was committed while all storages were read: they had to agree exactly. */
  quietReads = 0;
  reads = 0;
  readonly #storages: OpenedStorages;
  readonly #writers: readonly string[];
  /** The last commit seen, by storage and writer. */
  readonly #seen = new Map<string, number>();

  constructor(storages: OpenedStorages, writers: readonly string[]) {
    this.#storages = storages;
    this.#writers = writers;
  }

  /** Reads the storages one after another, the first one twice. */
  async read(): Promise<void> {
    const { kv, vectors, graph, docStatus } = readsOf(this.#storages);
    const before = await this.#readOne("kv", kv);
    const ofVectors = await this.#readOne("vectors", vectors);
    const ofGraph = await this.#readOne("graph", graph);
    const after = await this.#readOne("kv", kv);
    const statuses = await this.#readOne("docStatus", docStatus);
    this.reads += 1;
    for (const [index, writer] of this.#writers.entries()) {
      const inOrder = [before, ofVectors, ofGraph, after, statuses].map((lasts) => lasts[index] ?? 0);
      if (before[index] === after[index]) this.quietReads += 1;
      if (inOrder.some((last, at) => last < (inOrder[at - 1] ?? 0)))
        this.faults.push(`${writer}: key-value, vectors, graph, key-value, status showed ${inOrder.join()}`);
    }
  }

  /** What is committed has to be seen by now. */
  async expectCommitted(writer: string, commit: number): Promise<void> {
    for (const [name, read] of Object.entries(readsOf(this.#storages))) {
      const [last] = await read([lastId(writer)]);
      if (Number(last ?? 0) < commit)
        this.faults.push(`${name}: commit ${commit} of ${writer} was done, and ${last} was seen`);
    }
  }

  /** All rows of all writers, in all storages, and no others. */
  async expectAll(): Promise<void> {
    const ids = this.#writers.flatMap((writer) => allIds(writer));
    const expected = this.#writers.flatMap(() => allCommits());
    for (const [name, read] of Object.entries(readsOf(this.#storages))) {
      const found = await read(ids);
      const wrong = ids.filter((_, index) => found[index] !== expected[index]);
      if (wrong.length > 0) this.faults.push(`${name}: ${wrong.length} rows are not as written, ${wrong[0]}`);
    }
    const counts = [
      await this.#storages.fullDocs.count(),
      await this.#storages.entitiesVdb.count(),
      (await this.#storages.chunkEntityRelationGraph.getAllLabels()).length,
      await this.#storages.docStatus.count(),
    ];
    if (counts.some((count) => count !== ids.length))
      this.faults.push(`${ids.length} rows were written, and there are ${counts.join()}`);
  }

  /** One read over all writers. @returns the last commit of each */
  async #readOne(storage: string, read: Read): Promise<number[]> {
    const rows = this.#writers.map((writer) => rowsAround(this.#seen.get(`${storage} ${writer}`) ?? 0));
    const ids = this.#writers.flatMap((writer, index) => [
      lastId(writer),
      ...(rows[index] ?? []).map((row) => rowId(writer, row)),
    ]);
    const found = await read(ids);
    return this.#writers.map((writer, index) => {
      const [last, ...commits] = found.splice(0, 1 + (rows[index]?.length ?? 0));
      return this.#check(storage, writer, Number(last ?? 0), { rows: rows[index] ?? [], commits });
    });
  }

  #check(
    storage: string,
    writer: string,
    last: number,
    { rows, commits }: { rows: readonly number[]; commits: readonly (string | undefined)[] },
  ): number {
    const key = `${storage} ${writer}`;
    if (last < (this.#seen.get(key) ?? 0)) this.faults.push(`${key}: went back to commit ${last}`);
    this.#seen.set(key, last);
    for (const [index, row] of rows.entries()) {
      const commit = commitOfRow(row);
      const expected = commit <= last ? String(commit) : undefined;
      if (commits[index] !== expected)
        this.faults.push(`${key}: row ${row} of commit ${commit} is ${commits[index]}, the last is ${last}`);
    }
    return last;
  }
}

/** Rows of the commits that a reader may see next, both ends of each, and some of those before. */
function rowsAround(last: number): number[] {
  const rows: number[] = [];
  for (let commit = 0; commit < COMMITS_OF_A_WRITER; commit += commit < last - 3 ? 7 : 1) {
    if (commit > last + 12) break;
    rows.push(BOUNDS[commit] ?? 0, (BOUNDS[commit + 1] ?? 1) - 1);
  }
  return rows;
}

function allIds(writer: string): string[] {
  return [...Array.from({ length: BOUNDS.at(-1) ?? 0 }, (_, row) => rowId(writer, row)), lastId(writer)];
}

function allCommits(): string[] {
  const rows = Array.from({ length: BOUNDS.at(-1) ?? 0 }, (_, row) => String(commitOfRow(row)));
  return [...rows, String(COMMITS_OF_A_WRITER)];
}
