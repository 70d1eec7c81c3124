import { setTimeout as sleep } from "node:timers/promises";

import { createStorage, registerStorage } from "@tetrad/core";
import { PGDocStatusStorage, PGKVStorage } from "@tetrad/postgres";
import { pgbouncer } from "@tetrad/services";
import pg from "pg";
import { describe, expect, test } from "vitest";

import { loadRows, openVectors } from "./open-vectors.ts";
import { clientConfig, onServer, servedDatabase } from "./postgres-targets.ts";

registerStorage("KV_STORAGE", "Records", { load: () => PGKVStorage });
registerStorage("DOC_STATUS_STORAGE", "Docs", { load: () => PGDocStatusStorage });

const database = await servedDatabase();
const env = database?.env ?? {};
// Where AGE is loaded, nothing can be dropped in a database without it.
await database?.run("CREATE EXTENSION IF NOT EXISTS age; CREATE EXTENSION IF NOT EXISTS vector");

/** Storages that share nothing but the server, as those of several processes. */
function openDocs(number: number) {
  return createStorage("DOC_STATUS_STORAGE", "Docs", {
    namespace: "doc_status",
    workspace: `w${number}`,
    env: { ...env, POSTGRES_MAX_CONNECTIONS: String(number + 2) },
  });
}

async function count(statement: string): Promise<number> {
  const [result] = await onServer(env, statement);
  return Number((result?.rows as { count: unknown }[] | undefined)?.[0]?.count);
}

const deadlocks = (): Promise<number> =>
  count("SELECT deadlocks::int AS count FROM pg_stat_database WHERE datname = current_database()");
const brokenIndexes = (): Promise<number> =>
  count("SELECT count(*)::int AS count FROM pg_index WHERE NOT indisvalid");

/** Something that builds have to wait for, until it is let go. */
async function holdSnapshot(): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client(clientConfig(env));
  await client.connect();
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
  await client.query("SELECT count(*) FROM pg_class");
  return { release: () => client.end() };
}

const isBuilding = (): Promise<number> =>
  count(
    "SELECT count(*)::int AS count FROM pg_stat_progress_create_index WHERE datname = current_database()",
  );

describe.skipIf(database === null)("indexes of tables that are there already", () => {
  test("large ones are built by one of many that start at once, and what broke off is built again", async () => {
    await (await openDocs(0)).finalize();
    const name = env["POSTGRES_DATABASE"] ?? "";
    await onServer(
      env,
      `ALTER DATABASE "${name}" SET deadlock_timeout = '50ms'`,
      "ALTER TABLE lightrag_doc_status ALTER content_summary TYPE text, ALTER error_msg SET STORAGE EXTERNAL",
      "INSERT INTO lightrag_doc_status (workspace, id, status, error_msg) SELECT 'w', i::text, 'failed', repeat('x', 1000000) FROM generate_series(1, 40) i",
      "DROP INDEX tetrad_doc_status_by_updated_at, tetrad_doc_status_by_created_at, idx_lightrag_doc_status_track_id",
    );
    await onServer(env, "CREATE INDEX tetrad_doc_status_by_id ON lightrag_doc_status (id)").catch(() => {});
    await onServer(
      env,
      "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'tetrad_doc_status_by_id'::regclass",
    );
    const held = await holdSnapshot();
    const opening = Array.from({ length: 6 }, (_, number) => openDocs(number));
    const settled = Promise.allSettled(opening);
    await expect.poll(isBuilding, { timeout: 20_000 }).toBeGreaterThan(0);
    // Long enough for two that wait for each other to be found.
    await sleep(700);
    await held.release();
    expect((await settled).map(({ status }) => status)).toEqual(opening.map(() => "fulfilled"));
    for (const storage of await Promise.all(opening)) await storage.finalize();
    expect([await brokenIndexes(), await deadlocks()]).toEqual([0, 0]);
    expect(
      await count(
        "SELECT count(*)::int AS count FROM pg_indexes WHERE indexname IN ('tetrad_doc_status_by_id', 'tetrad_doc_status_by_updated_at', 'tetrad_doc_status_by_created_at', 'idx_lightrag_doc_status_track_id')",
      ),
    ).toBe(4);
  });

  test("those of vectors are changed by one of many that start at once", async () => {
    const served = { env, options: {} };
    const modelName = "many";
    const vectors = await openVectors(served, { modelName });
    await loadRows(vectors, 1000);
    await vectors.finalize();
    const held = await holdSnapshot();
    const warnings: string[] = [];
    const opened = await Promise.all(
      [2, 3, 4, 5].map((connections) =>
        openVectors(served, {
          modelName,
          warnings,
          variables: {
            POSTGRES_VECTOR_INDEX_TYPE: "IVFFLAT",
            POSTGRES_MAX_CONNECTIONS: String(connections),
          },
        }),
      ),
    );
    await expect.poll(isBuilding, { timeout: 20_000 }).toBeGreaterThan(0);
    await sleep(700);
    await held.release();
    for (const each of opened) await each.finalize();
    expect(warnings).toEqual([]);
    expect(
      await count("SELECT count(*)::int AS count FROM pg_class WHERE relname LIKE '%many_8d_ivfflat_cosine'"),
    ).toBe(1);
    expect(
      await count("SELECT count(*)::int AS count FROM pg_class WHERE relname LIKE '%many_8d_hnsw_cosine'"),
    ).toBe(0);
    expect([await brokenIndexes(), await deadlocks()]).toEqual([0, 0]);
  });

  test.each([1, 2])("are built by way of a pooler with %i connections", async (poolSize) => {
    const bouncer = await pgbouncer.start({ server: env, poolSize });
    try {
      const wanted = { modelName: `bouncer ${poolSize}` };
      const opened = await Promise.all(
        ["chunks", "entities", "relationships"].map((namespace) =>
          openVectors({ env: bouncer.env, options: {} }, { ...wanted, namespace }),
        ),
      );
      await Promise.all(opened.map((vectors) => loadRows(vectors, 1000)));
      await Promise.all(opened.map((vectors) => vectors.finalize()));
      expect(
        await count(
          `SELECT count(*)::int AS count FROM pg_indexes WHERE indexname LIKE '%bouncer_${poolSize}_8d_hnsw_cosine'`,
        ),
      ).toBe(3);
      expect(await brokenIndexes()).toBe(0);
    } finally {
      await bouncer.stop();
    }
  });

  test("and tables that LightRAG, which takes no lock, makes at the same time are no error", async () => {
    const other = new pg.Client(clientConfig(env));
    await other.connect();
    try {
      await other.query("BEGIN");
      await other.query(
        `CREATE TABLE lightrag_full_entities (id varchar(255), workspace varchar(255), entity_names jsonb, count integer,
          create_time timestamp(0), update_time timestamp(0), CONSTRAINT lightrag_full_entities_pk PRIMARY KEY (workspace, id))`,
      );
      const opening = createStorage("KV_STORAGE", "Records", {
        namespace: "full_entities",
        workspace: "w",
        env,
      });
      await expect
        .poll(
          () =>
            count(
              "SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
            ),
          { timeout: 20_000 },
        )
        .toBe(1);
      await other.query("COMMIT");
      const storage = await opening;
      await storage.upsert({ a: { of_ours: 1 } });
      expect(await storage.getById("a")).toMatchObject({ of_ours: 1 });
      await storage.finalize();
    } finally {
      await other.end();
    }
  });
});
