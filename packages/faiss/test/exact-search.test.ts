import { readdirSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { VectorHit } from "@tetrad/file-engine/vectors";
import { afterEach, beforeEach, expect, test } from "vitest";

import { FaissContent } from "../src/faiss-content.ts";
import { putRows, applyOperation } from "../src/faiss-operations.ts";
import { ExactSearch } from "../src/native/exact-search.ts";
import { loadFaissNode } from "../src/native/faiss-node.ts";
import { provideFaissNode } from "./faiss-node.ts";

/** So many rows of that length are given to faiss through a file, while others have their turn. */
const DIMENSION = 128;
const ROWS = 1000;
const QUERY = unit(0);

const { faiss } = loadFaissNode(await provideFaissNode());
let content: FaissContent;
let folder: string;
let cache: string;
let search: ExactSearch;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tetrad-faiss-test-"));
  cache = join(folder, "cache");
  content = new FaissContent(DIMENSION);
  // All alike, so that a first round of candidates never is enough.
  put(0, ROWS, unit(1));
  search = new ExactSearch(content, faiss, cache);
});

afterEach(() => rm(folder, { recursive: true }));

function unit(component: number): Float32Array {
  const vector = new Float32Array(DIMENSION);
  vector[component] = 1;
  return vector;
}

function put(from: number, to: number, vector: Float32Array): void {
  const rows = Array.from({ length: to - from }, (_, index) => ({
    id: `id ${from + index}`,
    vector,
    fields: {},
    createdAt: 1,
  }));
  for (const operation of putRows(rows, 1n)) applyOperation(content, operation);
}

const ask = (): Promise<VectorHit[]> => search.search(QUERY, 2, { ids: undefined, threshold: -1 });

/** Does something once, when a search has its first round of candidates. */
function betweenRounds(action: () => unknown): void {
  const { index } = content;
  const searchBatch = index.searchBatch.bind(index);
  index.searchBatch = async (...given) => {
    index.searchBatch = searchBatch;
    const hits = await searchBatch(...given);
    await action();
    return hits;
  };
}

test("what changed is found by a search that goes on while a new index is made", async () => {
  await ask();
  put(ROWS, ROWS + 1, QUERY);
  let other: Promise<VectorHit[]> | undefined;
  betweenRounds(() => {
    put(0, 600, unit(2));
    other = ask();
  });
  expect((await ask())[0]?.id).toBe(`id ${ROWS}`);
  expect((await other)?.[0]?.id).toBe(`id ${ROWS}`);
});

test("a search that goes on when its content was replaced finds all of it", async () => {
  await ask();
  betweenRounds(() => search.close());
  expect(await ask()).toHaveLength(2);
  // And so do those that begin later, with nothing of faiss.
  expect(await ask()).toHaveLength(2);
});

test("vectors on their way to faiss are in the cache, and what killed processes left there goes", async () => {
  // Numbers of processes end far below.
  const [gone, young, running] = [
    "tetrad-faiss-2000000000-gone00",
    "tetrad-faiss-2000000000-young0",
    `tetrad-faiss-${process.pid}-others`,
  ];
  const hoursAgo = new Date(Date.now() - 7_200_000);
  for (const name of [gone, young, running]) {
    await mkdir(join(cache, name), { recursive: true });
    await writeFile(join(cache, name, "vectors"), "some");
    if (name !== young) await utimes(join(cache, name), hoursAgo, hoursAgo);
  }
  const { index } = content;
  const peek = index.peek.bind(index);
  let seen: string[] | undefined;
  index.peek = (id) => {
    seen ??= readdirSync(cache);
    return peek(id);
  };
  expect(await ask()).toHaveLength(2);
  expect(seen).toHaveLength(3);
  expect(seen).not.toContain(gone);
  expect((await readdir(cache)).sort()).toEqual([young, running].sort());
});

test("a folder that cannot be written is searched all the same", async () => {
  await writeFile(cache, "no folder");
  expect(await ask()).toHaveLength(2);
});
