import { mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { type Embedding, type VectorMatch, type VectorStorage } from "@tetrad/core";
import { beforeAll, describe, expect, test } from "vitest";

import { provideFaissNode } from "./faiss-node.ts";
import { usePairFolder } from "./pair-files.ts";

const folder = usePairFolder();
const DIMENSION = 24;
const embedding: Embedding = { dimension: DIMENSION, embed: async (texts) => texts.map(vectorOf) };

let nodeModule: string;
beforeAll(async () => {
  nodeModule = await provideFaissNode();
});

/** Rows in clusters, as embeddings are; the same text has the same vector. */
function vectorOf(text: string): Float32Array {
  let state = 17;
  for (const character of text) state = Math.imul(state ^ character.charCodeAt(0), 16_777_619);
  const cluster = (state >>> 8) % 40;
  return Float32Array.from({ length: DIMENSION }, (_, index) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return Math.sin(cluster * 7 + index * 1.3) + (state / 2 ** 31) * 0.4;
  });
}

function rows(from: number, to: number): [string, { content: string }][] {
  return Array.from({ length: to - from }, (_, index) => [
    `id ${from + index}`,
    { content: `text ${from + index}` },
  ]);
}

const open = (options: Record<string, unknown>): Promise<VectorStorage> =>
  folder.open({ embedding, nodeModule, ...options });

async function ask(storage: VectorStorage, queries: number, topK: number): Promise<VectorMatch[][]> {
  return storage.queryBatch(
    Array.from({ length: queries }, (_, index) => `query ${index}`),
    topK,
  );
}

test("both engines give the same answers, to the bit, while rows come, change and go", async () => {
  const native = await open({ engine: "native", namespace: "native" });
  const portable = await open({ engine: "portable", namespace: "portable" });
  const steps: ((storage: VectorStorage) => Promise<void>)[] = [
    (storage) => storage.upsert(rows(0, 2000)),
    (storage) => storage.upsert(rows(2000, 2100)),
    // More than what is scored beside what faiss finds.
    (storage) => storage.upsert(rows(100, 900).map(([id]) => [id, { content: `other ${id}` }])),
    (storage) => storage.delete(rows(0, 300).map(([id]) => id)),
    (storage) => storage.delete(rows(300, 1500).map(([id]) => id)),
  ];
  for (const step of steps) {
    for (const storage of [native, portable]) {
      await step(storage);
      await storage.indexDoneCallback();
    }
    for (const topK of [1, 20, 5000]) {
      const [ofNative, ofPortable] = [await ask(native, 10, topK), await ask(portable, 10, topK)];
      expect(ofNative.map(withoutTime)).toEqual(ofPortable.map(withoutTime));
    }
    expect(native.capabilities.exact).toBe(true);
  }
});

function withoutTime(matches: readonly VectorMatch[]): unknown[] {
  return matches.map(({ created_at: _, ...match }) => match);
}

describe("an approximate index", () => {
  const cache = (): string => join(folder.path, ".tetrad", "cache");
  const approximate = { engine: "auto", indexFactory: "HNSW32" };

  const namesInCache = (): Promise<string[]> => readdir(cache(), { recursive: true }).catch(() => []);

  /** Asks until the index is there, which another process makes. */
  async function whenMade(storage: VectorStorage): Promise<string> {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      await ask(storage, 1, 1);
      const names = await namesInCache();
      const stamp = names.find((name) => name.endsWith(".json"));
      if (stamp !== undefined) return join(cache(), stamp.slice(0, -".json".length));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`No index was made: ${folder.warnings.join()}`);
  }

  test("finds nearly all of the best rows, with exact scores, and is kept", { timeout: 60_000 }, async () => {
    const storage = await open({ ...approximate });
    expect(storage.capabilities.exact).toBe(false);
    await storage.upsert(rows(0, 4000));
    await storage.indexDoneCallback();
    const exact = await ask(storage, 30, 10);
    const path = await whenMade(storage);
    await storage.finalize();
    const { mtimeMs } = await stat(path);

    const again = await open({ ...approximate });
    await whenMade(again);
    // The very same file serves again.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const found = await ask(again, 30, 10);
    expect((await stat(path)).mtimeMs).toBe(mtimeMs);
    expect(recall(found, exact)).toBeGreaterThanOrEqual(0.95);
    const scores = new Map(
      exact.flatMap((matches, query) => matches.map((match) => [`${query} ${match.id}`, match.distance])),
    );
    for (const [query, matches] of found.entries())
      for (const { id, distance } of matches) {
        const score = scores.get(`${query} ${id}`);
        if (score !== undefined) expect(distance).toBe(score);
      }
    // What was written since is found, and what was deleted is not.
    await again.upsert({ newest: { content: "query 0" } });
    await again.delete([found[1]?.[0]?.id ?? ""]);
    await again.indexDoneCallback();
    const after = await ask(again, 2, 10);
    expect(after[0]?.[0]?.id).toBe("newest");
    expect(after[1]?.map(({ id }) => id)).not.toContain(found[1]?.[0]?.id);
    expect(folder.warnings).toEqual([]);
  });

  test("that is made anew leaves nothing unfound meanwhile", { timeout: 60_000 }, async () => {
    const storage = await open({ ...approximate });
    await storage.upsert(rows(0, 2000));
    await storage.indexDoneCallback();
    await whenMade(storage);
    // More than what is scored beside an index for good.
    await storage.upsert(rows(2000, 3100));
    await storage.indexDoneCallback();
    for (const row of [2000, 3099]) {
      const [found] = await storage.query(`text ${row}`, 1);
      expect(found?.id).toBe(`id ${row}`);
    }
  });

  test(
    "is not mistaken for one of other vectors that is made at the same time",
    { timeout: 60_000 },
    async () => {
      const stores = [await open({ ...approximate }), await open({ ...approximate, workspace: "other" })];
      // As two processes have it, one of which knows of more rows than the other.
      await mkdir(cache(), { recursive: true });
      await symlink(cache(), join(folder.path, "other", ".tetrad", "cache"));
      const exact: VectorMatch[][][] = [];
      for (const [place, storage] of stores.entries()) {
        await storage.upsert(rows(place * 1000, 3000));
        await storage.indexDoneCallback();
      }
      for (const storage of stores) exact.push(await ask(storage, 20, 10));
      const isMade = (names: readonly string[]): boolean =>
        !names.some((name) => /tetrad-faiss-|\.\d+$/.test(name));
      for (const storage of stores) await whenMade(storage);
      for (let attempt = 0; attempt < 200 && !isMade(await namesInCache()); attempt += 1)
        await new Promise((resolve) => setTimeout(resolve, 50));
      for (const [place, storage] of stores.entries()) {
        const found = await ask(storage, 20, 10);
        expect(found.map((matches) => matches.length)).toEqual(exact[place]?.map(() => 10));
        expect(recall(found, exact[place] ?? [])).toBeGreaterThanOrEqual(0.95);
      }
      expect(folder.warnings).toEqual([]);
    },
  );

  test("goes when the rows are dropped, whichever engine is asked to", { timeout: 60_000 }, async () => {
    const storage = await open({ ...approximate });
    await storage.upsert(rows(0, 2000));
    await storage.indexDoneCallback();
    await whenMade(storage);
    await storage.finalize();
    const portable = await open({ engine: "portable" });
    await portable.drop();
    expect(await namesInCache()).toEqual([]);
    await portable.finalize();

    const making = await open({ ...approximate });
    await making.upsert(rows(0, 2000));
    await making.indexDoneCallback();
    await ask(making, 1, 1);
    await making.drop();
    expect(await namesInCache()).toEqual([]);
    expect(folder.warnings).toEqual([]);
  });

  test("that is damaged never reaches faiss: it is made anew", { timeout: 60_000 }, async () => {
    const storage = await open({ ...approximate, indexFactory: "IVF16,Flat" });
    await storage.upsert(rows(0, 2000));
    await storage.indexDoneCallback();
    const path = await whenMade(storage);
    await storage.finalize();
    const whole = await readFile(path);
    for (const damaged of [whole.subarray(0, 1000), Buffer.from(whole).fill(255, 40, 60)]) {
      await writeFile(path, damaged);
      const again = await open({ ...approximate, indexFactory: "IVF16,Flat" });
      for (let attempt = 0; attempt < 200 && !(await readFile(path)).equals(whole); attempt += 1) {
        expect(await ask(again, 1, 10)).toHaveLength(1);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect((await readFile(path)).length).toBe(whole.length);
      await again.finalize();
    }
    expect(folder.warnings).toEqual([]);
  });

  test(
    "that faiss does not know is named in a warning, and search goes on",
    { timeout: 60_000 },
    async () => {
      const storage = await open({ ...approximate, indexFactory: "NoSuchIndex" });
      await storage.upsert(rows(0, 1100));
      await storage.indexDoneCallback();
      for (let attempt = 0; attempt < 200 && folder.warnings.length === 0; attempt += 1) {
        expect((await ask(storage, 1, 10))[0]).toHaveLength(10);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(folder.warnings).toEqual([expect.stringContaining('"NoSuchIndex" (FAISS_INDEX_FACTORY)')]);
    },
  );
});

function recall(found: readonly VectorMatch[][], exact: readonly VectorMatch[][]): number {
  let hits = 0;
  let all = 0;
  for (const [query, matches] of exact.entries()) {
    const ids = new Set(found[query]?.map(({ id }) => id));
    all += matches.length;
    hits += matches.filter(({ id }) => ids.has(id)).length;
  }
  return hits / all;
}

describe("where faiss-node does not load", () => {
  const nowhere = { nodeModule: "/nowhere/faiss-node" };

  test("FAISS_ENGINE=native is refused, with the reason and both ways out", async () => {
    const refused = open({
      env: { FAISS_ENGINE: "native", FAISS_NODE_PATH: "/nowhere/faiss-node" },
      nodeModule: undefined,
    });
    await expect(refused).rejects.toMatchObject({ code: "STORAGE_LOAD" });
    await expect(refused).rejects.toThrow(/nowhere.*npm install faiss-node.*FAISS_ENGINE=portable/s);
  });

  test("FAISS_ENGINE=auto goes on without it, and says so", async () => {
    const storage = await open({ ...nowhere, indexFactory: "HNSW32" });
    expect(folder.warnings).toEqual([expect.stringContaining("FAISS_INDEX_FACTORY=HNSW32 is not used")]);
    await storage.upsert(rows(0, 3));
    await storage.indexDoneCallback();
    expect(await storage.count()).toBe(3);
  });

  test("it is not missed where nobody asks for it", async () => {
    await open({ ...nowhere });
    expect(folder.warnings).toEqual([]);
  });

  test("an index of faiss with FAISS_ENGINE=portable is refused", async () => {
    await expect(open({ engine: "portable", indexFactory: "HNSW32" })).rejects.toMatchObject({
      code: "STORAGE_SETTING",
    });
  });
});
