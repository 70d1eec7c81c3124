import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { PGlite } from "@electric-sql/pglite";
import { age } from "@electric-sql/pglite-age";
import { vector } from "@electric-sql/pglite-pgvector";
import type { StorageType } from "@tetrad/core";
import { planStorage, throwSettingFaults } from "@tetrad/core/plugin";
import { type OwnService, postgres, type PostgresOptions, ServiceMissingError } from "@tetrad/services";
import { askForService } from "@tetrad/services/vitest";
import type { ConformanceTarget } from "@tetrad/testkit";
import pg from "pg";
import { afterAll } from "vitest";

type Variables = Readonly<Record<string, string>>;

/** A database that the tests of a file have for themselves. */
export interface TestDatabase {
  /** `served` or `embedded`, for the names of tests. */
  readonly name: string;
  readonly env: Variables;
  /** Options for storages on it, beside the variables. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Runs statements beside the storages. */
  run(script: string): Promise<void>;
  /** How many rows the planner takes a table to have. */
  rows(table: string): Promise<number>;
  /** Of each HNSW index whether it can be used. */
  vectorIndexes(): Promise<boolean[]>;
}

const ROWS = "SELECT reltuples::int AS rows FROM pg_class WHERE relname = $1";
const VECTOR_INDEXES = `SELECT indisvalid AS valid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
  JOIN pg_am ON pg_am.oid = relam WHERE amname = 'hnsw'`;

let databases = 0;

/** A new database on the server that the run shares; `null` where there is no server. */
export async function servedDatabase(): Promise<TestDatabase | null> {
  const server = await askForService("postgres");
  return server === null ? null : newDatabase("served", server);
}

/** A database on a server that the tests of a file have for themselves. @param name for the names of tests */
export async function ownDatabase(name: string, options: PostgresOptions): Promise<TestDatabase | null> {
  const server = await startServer(name, options);
  if (server === null) return null;
  afterAll(() => server.stop());
  return newDatabase(name, server.env);
}

/** A server of a test's own; `null` where it cannot be had outside CI, which is said loudly. */
export async function startServer(name: string, options: PostgresOptions): Promise<OwnService | null> {
  return postgres.start(options).catch((error: unknown) => {
    if (!(error instanceof ServiceMissingError) || process.env["CI"]) throw error;
    console.warn(`\nSKIPPED: tests of PostgreSQL ${name}. ${error.message}\n`);
    return null;
  });
}

async function newDatabase(title: string, server: Variables): Promise<TestDatabase> {
  const name = `tetrad_test_${process.pid}_${(databases += 1)}`;
  const env = { ...server, POSTGRES_DATABASE: name };
  await onServer(server, `CREATE DATABASE ${name}`);
  // Storages share it while it is open, as those of an application do.
  const pool = new pg.Pool({ ...clientConfig(env), max: 10 });
  pool.on("error", () => {});
  afterAll(async () => {
    await pool.end();
    await onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  });
  return {
    name: title,
    env,
    options: { pool },
    run: async (script) => void (await pool.query(script)),
    rows: async (table) => (await pool.query<{ rows: number }>(ROWS, [table])).rows[0]?.rows ?? -1,
    vectorIndexes: async () =>
      (await pool.query<{ valid: boolean }>(VECTOR_INDEXES)).rows.map(({ valid }) => valid),
  };
}

/** An embedded database, in a folder that is removed after the tests. */
export async function embeddedDatabase(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "tetrad-embedded-"));
  const pglite = await PGlite.create({ dataDir: join(folder, "pgdata"), extensions: { vector, age } });
  afterAll(async () => {
    await pglite.close();
    await rm(folder, { recursive: true, force: true });
  });
  const env = { POSTGRES_EMBEDDED_DIR: join(folder, "pgdata") };
  return {
    name: "embedded",
    env,
    options: { pglite },
    run: async (script) => void (await pglite.exec(script)),
    rows: async (table) => (await pglite.query<{ rows: number }>(ROWS, [table])).rows[0]?.rows ?? -1,
    vectorIndexes: async () =>
      (await pglite.query<{ valid: boolean }>(VECTOR_INDEXES)).rows.map(({ valid }) => valid),
  };
}

/** Runs statements on a database as its tests would not: by a connection of their own. */
export async function onServer(env: Variables, ...statements: string[]): Promise<pg.QueryResult[]> {
  const client = new pg.Client(clientConfig(env));
  await client.connect();
  try {
    const results: pg.QueryResult[] = [];
    for (const statement of statements) results.push(await client.query(statement));
    return results;
  } finally {
    await client.end();
  }
}

export function clientConfig(env: Variables): pg.ClientConfig {
  return {
    host: env["POSTGRES_HOST"],
    port: Number(env["POSTGRES_PORT"]),
    user: env["POSTGRES_USER"],
    password: env["POSTGRES_PASSWORD"],
    database: env["POSTGRES_DATABASE"],
  };
}

/** A storage class of this package. */
type StorageClass = Parameters<typeof planStorage>[2];

/** Options as `createStorage` resolves them. */
export function resolved(
  type: StorageType,
  storageClass: StorageClass,
  options: Readonly<Record<string, unknown>> & { readonly namespace: string },
  env: Variables,
): never {
  const sources = { environment: env, dotEnv: {}, configIni: new Map() };
  const plan = planStorage(type, storageClass.name, storageClass, options, sources as never);
  throwSettingFaults(plan.faults);
  return plan.options as never;
}

/** Graphs stay: where one is dropped, other connections of AGE find their caches wrong. */
const EMPTY = `DO $do$ DECLARE each record; BEGIN
FOR each IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
EXECUTE format('DELETE FROM public.%I', each.name);
END LOOP;
IF EXISTS (SELECT FROM pg_extension WHERE extname = 'age') THEN
FOR each IN SELECT name FROM ag_catalog.ag_graph LOOP
EXECUTE format('DELETE FROM %I._ag_label_edge', each.name);
EXECUTE format('DELETE FROM %I._ag_label_vertex', each.name);
EXECUTE format('COMMENT ON SCHEMA %I IS NULL', each.name);
END LOOP;
END IF;
END $do$`;

/** What the test kit needs to run a class on a database. */
export function target<Type extends StorageType>(
  type: Type,
  storageClass: StorageClass,
  database: TestDatabase,
): ConformanceTarget<Type> {
  return {
    async open({ workingDir: _, ...options }) {
      const complete = { ...options, ...database.options };
      return new storageClass(resolved(type, storageClass, complete, database.env)) as never;
    },
    reset: () => database.run(EMPTY),
  };
}
