import { createStorage, registerStorage } from "@tetrad/core";
import { PGDocStatusStorage, PGVectorStorage } from "@tetrad/postgres";
import { TestEmbedding } from "@tetrad/testkit";
import { describe, expect, test } from "vitest";

import { embeddedDatabase, servedDatabase, type TestDatabase } from "./postgres-targets.js";

registerStorage("DOC_STATUS_STORAGE", "Docs", { load: () => PGDocStatusStorage });
registerStorage("VECTOR_STORAGE", "Vectors", { load: () => PGVectorStorage });

const ROWS = 3000;

function options(database: TestDatabase, namespace: string): Parameters<typeof createStorage>[2] {
  const embedding = new TestEmbedding(8);
  return {
    namespace,
    workspace: "w",
    env: database.env,
    embedding,
    cosineThreshold: -1,
    ...database.options,
  };
}

for (const database of [await embeddedDatabase(), await servedDatabase()]) {
  if (database === null) continue;
  describe(`a first load, ${database.name}`, () => {
    test("is followed by the planner's figures, and pages and counts see every later write", async () => {
      const docs = await createStorage("DOC_STATUS_STORAGE", "Docs", options(database, "doc_status"));
      const document = (index: number) => ({
        status: "pending" as const,
        content_summary: String(index),
        created_at: new Date(1_800_000_000_000 + index * 1000).toISOString(),
      });
      await docs.upsert(Array.from({ length: ROWS }, (_, index) => [`doc ${index}`, document(index)]));
      await expect.poll(() => database.rows("lightrag_doc_status"), { timeout: 20_000 }).toBe(ROWS);
      for (let index = ROWS; index < ROWS + 5; index += 1) {
        const page = await docs.getDocsPaginated({ sortField: "created_at", pageSize: 10 });
        expect([page.total, page.docs[0]?.[0]]).toEqual([index, `doc ${index - 1}`]);
        expect(await docs.getStatusCounts()).toMatchObject({ pending: index });
        await docs.upsert({ [`doc ${index}`]: document(index) });
      }
      const last = await docs.getDocsPaginated({ sortField: "created_at", page: 300, pageSize: 10 });
      expect(last.docs.map(([id]) => id)).toEqual(
        Array.from({ length: 10 }, (_, place) => `doc ${14 - place}`),
      );
      await docs.finalize();
    });

    test("of vectors is searched by an index that is there when the storage is closed", async () => {
      const vectors = await createStorage("VECTOR_STORAGE", "Vectors", options(database, "entities"));
      for (let first = 0; first < ROWS; first += 500) {
        await vectors.upsert(
          Array.from({ length: 500 }, (_, place) => [
            `ent ${first + place}`,
            { content: `text ${first + place}` },
          ]),
        );
        await vectors.indexDoneCallback();
        const [nearest] = await vectors.query(`text ${first}`, 1);
        expect(nearest?.id).toBe(`ent ${first}`);
      }
      await vectors.finalize();
      expect(await database.vectorIndexes()).toEqual([true]);
      const again = await createStorage("VECTOR_STORAGE", "Vectors", options(database, "entities"));
      expect((await again.query("text 7", 20)).length).toBe(20);
      await again.finalize();
    });
  });
}
