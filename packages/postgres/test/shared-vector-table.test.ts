import { describe, expect, test } from "vitest";

import { loadRows, nearestOf, openVectors, vectorOf } from "./open-vectors.ts";
import { onServer, ownDatabase, servedDatabase, type TestDatabase } from "./postgres-targets.ts";

/* pgvector goes on in an index until it has rows enough since 0.8, and has half precision since 0.7. */
const older = await ownDatabase("16 with pgvector 0.6", { release: 16 });

const WORKSPACES = [0, 1, 2, 3];
const ROWS = 2000;
/** So small a table is read through otherwise, unless the planner is told not to. */
const BY_INDEX = { POSTGRES_SERVER_SETTINGS: "enable_sort=off&enable_seqscan=off&enable_bitmapscan=off" };

async function selectOne(database: TestDatabase, statement: string): Promise<unknown> {
  const [result] = await onServer(database.env, statement);
  return Object.values((result?.rows as Record<string, unknown>[] | undefined)?.[0] ?? {})[0];
}

for (const database of [await servedDatabase(), older]) {
  if (database === null) continue;

  describe(`a table of vectors that four workspaces share, ${database.name}`, () => {
    test("gives each as many rows as are asked for, and the threshold is exact", async () => {
      const modelName = "shared";
      for (const place of WORKSPACES) {
        const vectors = await openVectors(database, { modelName, workspace: `w${place}` });
        await loadRows(vectors, ROWS, { first: place * ROWS });
        await vectors.finalize();
      }
      const scans = (): Promise<unknown> =>
        selectOne(
          database,
          `SELECT idx_scan::int FROM pg_stat_user_indexes WHERE indexrelname = 'idx_lightrag_vdb_chunks_shared_8d_hnsw_cosine'`,
        );
      const before = Number(await scans());
      const vectors = await openVectors(database, {
        modelName,
        workspace: "w2",
        variables: BY_INDEX,
        hasOwnPool: true,
      });
      const numbers = Array.from({ length: ROWS }, (_, place) => 2 * ROWS + place);
      for (const topK of [10, 40, 100]) {
        const query = vectorOf(4321);
        const leastOfBest = nearestOf(query, numbers)[topK - 1]?.distance ?? 9;
        const found = await vectors.query("", topK, { queryEmbedding: query });
        expect(new Set(found.map(({ id }) => id)).size).toBe(topK);
        // By their scores: some of these rows are as near as others.
        const best = found.filter(({ distance }) => distance >= leastOfBest - 1e-6);
        expect(best.length).toBeGreaterThanOrEqual(topK * 0.95);
        const threshold = found[topK / 2]?.distance ?? 0;
        const above = await vectors.query("", topK, { queryEmbedding: query, threshold });
        expect(above).toEqual(found.filter(({ distance }) => distance >= threshold));
      }
      await vectors.finalize();
      await expect.poll(async () => Number(await scans()), { timeout: 20_000 }).toBeGreaterThan(before);
    });
  });
}

describe.skipIf(older === null)("pgvector 0.6", () => {
  const place = older ?? { env: {}, options: {} };

  test("has no half precision: what needs it is refused before a table is made", async () => {
    const halves = { modelName: "halves", variables: { POSTGRES_VECTOR_INDEX_TYPE: "HNSW_HALFVEC" } };
    for (const wanted of [halves, { modelName: "wide", dimension: 2001 }]) {
      await expect(openVectors(place, wanted)).rejects.toMatchObject({
        code: "STORAGE_CAPABILITY",
        message: expect.stringContaining("need pgvector 0.7.0, and the database has 0.6.2"),
      });
    }
    const [tables] = await onServer(
      place.env,
      "SELECT tablename FROM pg_tables WHERE tablename LIKE '%halves%' OR tablename LIKE '%wide%'",
    );
    expect(tables?.rows).toEqual([]);
  });

  test("searches IVFFlat and, without an index, 2,001 dimensions", async () => {
    for (const [kind, dimension] of [
      ["IVFFLAT", 8],
      ["NONE", 2001],
    ] as const) {
      const variables = { ...BY_INDEX, POSTGRES_VECTOR_INDEX_TYPE: kind };
      const wanted = { modelName: kind, dimension, variables, hasOwnPool: true };
      const vectors = await openVectors(place, wanted);
      await loadRows(vectors, 1000, { dimension });
      await vectors.finalize();
      const again = await openVectors(place, wanted);
      const found = await again.query("", 20, { queryEmbedding: vectorOf(77, dimension) });
      expect(found).toHaveLength(20);
      expect(found[0]?.id).toBe("r77");
      await again.finalize();
    }
  });
});
