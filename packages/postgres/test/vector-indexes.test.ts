import { describe, expect, test } from "vitest";

import { loadRows, nearestOf, openVectors, vectorOf } from "./open-vectors.ts";
import { onServer, servedDatabase } from "./postgres-targets.ts";

const database = await servedDatabase();
const env = database?.env ?? {};
const served = { env, options: database?.options ?? {} };
const ROWS = 1000;

// Where AGE is loaded, nothing can be dropped in a database without it.
await database?.run("CREATE EXTENSION IF NOT EXISTS age");

async function select(statement: string): Promise<Record<string, unknown>[]> {
  const [result] = await onServer(env, statement);
  return (result?.rows ?? []) as Record<string, unknown>[];
}

/** The definitions of the indexes on the vectors of a table, and whether they can be used. */
async function indexesOn(table: string): Promise<string[]> {
  const rows = await select(
    `SELECT indexdef || CASE WHEN indisvalid THEN '' ELSE ' INVALID' END AS definition
     FROM pg_indexes JOIN pg_index ON indexrelid = indexname::regclass
     WHERE tablename = '${table}' AND indexdef ~ 'USING (hnsw|ivfflat|vchordrq)'`,
  );
  return rows.map(({ definition }) => String(definition));
}

describe.skipIf(database === null)("the index on vectors", () => {
  test.each([
    ["HNSW", 8, /USING hnsw \(content_vector vector_cosine_ops\) WITH \(m='16', ef_construction='64'\)$/],
    ["HNSW_HALFVEC", 8, /USING hnsw \(content_vector halfvec_cosine_ops\)/],
    ["IVFFLAT", 8, /USING ivfflat \(content_vector vector_cosine_ops\) WITH \(lists='100'\)$/],
    [
      "HNSW",
      2100,
      /_cast_cosine .*USING hnsw \(\(\(content_vector\)::halfvec\(2100\)\) halfvec_cosine_ops\)/,
    ],
  ])("%s of %i dimensions is built and searched", async (kind, dimension, definition) => {
    const modelName = `${kind} ${dimension}`;
    const table = `lightrag_vdb_chunks_${kind.toLowerCase()}_${dimension}_${dimension}d`;
    const wanted = { dimension, modelName, variables: { POSTGRES_VECTOR_INDEX_TYPE: kind } };
    const first = await openVectors(served, wanted);
    await loadRows(first, ROWS, { dimension });
    await first.finalize();
    expect(await indexesOn(table)).toEqual([expect.stringMatching(definition)]);
    const vectors = await openVectors(served, wanted);
    const numbers = Array.from({ length: ROWS }, (_, number) => number);
    for (const number of [3, 700]) {
      const query = vectorOf(number, dimension);
      const found = await vectors.query("", 10, { queryEmbedding: query });
      const best = nearestOf(query, numbers);
      expect(found).toHaveLength(10);
      expect(found[0]?.id).toBe(`r${number}`);
      for (const { id, distance } of found)
        expect(distance).toBeCloseTo(best.find((each) => each.id === id)?.distance ?? 9, 2);
    }
    await vectors.finalize();
  });

  test("of another kind is there before the old one goes, and NONE or a kind that is missing takes none away", async () => {
    const modelName = "changed";
    const table = "lightrag_vdb_chunks_changed_8d";
    const warnings: string[] = [];
    const reopen = async (kind: string): Promise<void> => {
      const variables = { POSTGRES_VECTOR_INDEX_TYPE: kind };
      await (await openVectors(served, { modelName, variables, warnings })).finalize();
    };
    const vectors = await openVectors(served, { modelName });
    await loadRows(vectors, ROWS);
    await vectors.finalize();
    await reopen("NONE");
    expect(await indexesOn(table)).toEqual([expect.stringContaining("USING hnsw")]);
    await expect(reopen("VCHORDRQ")).rejects.toMatchObject({ code: "STORAGE_CAPABILITY" });
    expect(await indexesOn(table)).toEqual([expect.stringContaining("USING hnsw")]);
    await reopen("IVFFLAT");
    expect(warnings).toEqual([]);
    expect(await indexesOn(table)).toEqual([expect.stringContaining("USING ivfflat")]);
  });

  test("that cannot be is refused before a table is made", async () => {
    const modelName = "wide";
    const open = (dimension: number, variables = {}) =>
      openVectors(served, { modelName, dimension, variables });
    await expect(open(4001)).rejects.toMatchObject({ code: "STORAGE_CAPABILITY" });
    await expect(open(8, { POSTGRES_HNSW_M: "48" })).rejects.toMatchObject({ code: "STORAGE_SETTING" });
    expect(await select("SELECT 1 FROM pg_class WHERE relname LIKE 'lightrag_vdb_chunks_wide%'")).toEqual([]);
    await (await open(4001, { POSTGRES_VECTOR_INDEX_TYPE: "NONE" })).finalize();
  });

  test("needs no second connection, and no isolation but its own", async () => {
    const [{ database: name } = {}] = await select("SELECT current_database() AS database");
    await onServer(
      env,
      `ALTER DATABASE "${String(name)}" SET default_transaction_isolation = 'repeatable read'`,
    );
    try {
      for (const connections of ["1", "2"]) {
        const modelName = `pool of ${connections}`;
        const variables = { POSTGRES_MAX_CONNECTIONS: connections };
        const wanted = { modelName, variables, hasOwnPool: true };
        const opened = await Promise.all(
          ["chunks", "entities", "relationships"].map((namespace) =>
            openVectors(served, { ...wanted, namespace }),
          ),
        );
        await Promise.all(opened.map((vectors) => loadRows(vectors, ROWS)));
        await Promise.all(opened.map((vectors) => vectors.finalize()));
        for (const kind of ["chunks", "entity", "relation"]) {
          const table = `lightrag_vdb_${kind}_pool_of_${connections}_8d`;
          expect(await indexesOn(table)).toEqual([expect.stringMatching(/USING hnsw .*'\)$/)]);
        }
      }
    } finally {
      await onServer(env, `ALTER DATABASE "${String(name)}" RESET default_transaction_isolation`);
    }
  });

  test("may not be built by a user who reads and writes only: it is said, and the old one stays", async () => {
    const modelName = "rights";
    const table = "lightrag_vdb_chunks_rights_8d";
    const owner = await openVectors(served, { modelName });
    await loadRows(owner, 500);
    await owner.finalize();
    const role = `writer_${process.pid}`;
    await onServer(
      env,
      `CREATE ROLE ${role} LOGIN PASSWORD 'writes only'`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`,
    );
    const asWriter = { POSTGRES_USER: role, POSTGRES_PASSWORD: "writes only" };
    try {
      const warnings: string[] = [];
      const open = (variables = {}) =>
        openVectors(served, {
          modelName,
          warnings,
          variables: { ...asWriter, ...variables },
          hasOwnPool: true,
        });
      const writer = await open();
      await loadRows(writer, 600, { first: 500 });
      await writer.finalize();
      const again = await open();
      expect((await again.query("", 1, { queryEmbedding: vectorOf(900) }))[0]?.id).toBe("r900");
      await expect.poll(() => warnings.length).toBe(2);
      // What has failed is not tried with every write.
      await loadRows(again, 10, { first: 1100 });
      await again.finalize();
      expect(warnings).toEqual([
        expect.stringContaining("could not be built"),
        expect.stringContaining("could not be built"),
      ]);
      await (await openVectors(served, { modelName })).finalize();
      await (await open({ POSTGRES_VECTOR_INDEX_TYPE: "IVFFLAT" })).finalize();
      expect(await indexesOn(table)).toEqual([expect.stringMatching(/USING hnsw .*'\)$/)]);
    } finally {
      await onServer(env, `DROP OWNED BY ${role}`, `DROP ROLE ${role}`);
    }
  });
});
