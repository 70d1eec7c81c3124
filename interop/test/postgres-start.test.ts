import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { askForService } from "@tetrad/services/vitest";
import pg from "pg";
import { afterAll, describe, expect, inject, test } from "vitest";

import { LightRag } from "../src/lightrag.ts";
import { DIMENSION } from "../src/sides.ts";
import { hasLightRag } from "./use-lightrag.ts";

const run = promisify(execFile);
/** Opens all five storages of ours, writes to each, and closes them. */
const PROGRAM = fileURLToPath(new URL("../../packages/postgres/test/fixtures/open-all.mjs", import.meta.url));
const OURS = 20;
const THEIRS = 2;
const STORAGES = [
  ["KV_STORAGE", "PGKVStorage", "text_chunks"],
  ["DOC_STATUS_STORAGE", "PGDocStatusStorage", "doc_status"],
  ["GRAPH_STORAGE", "PGTableGraphStorage", "chunk_entity_relation"],
] as const;

const server = hasLightRag ? await askForService("postgres") : null;

async function select(env: Readonly<Record<string, string>>, statement: string): Promise<object[]> {
  const client = new pg.Client({
    host: env["POSTGRES_HOST"],
    port: Number(env["POSTGRES_PORT"]),
    user: env["POSTGRES_USER"],
    password: env["POSTGRES_PASSWORD"],
    database: env["POSTGRES_DATABASE"],
  });
  await client.connect();
  try {
    const results = [await client.query<object>(statement)].flat();
    return results.at(-1)?.rows ?? [];
  } finally {
    await client.end();
  }
}

async function openAndClose(lightRag: LightRag, env: Readonly<Record<string, string>>): Promise<void> {
  const options = { workspace: "tenant 0", workingDir: "/tmp", env, dimension: DIMENSION };
  const opened = await Promise.all(
    STORAGES.map(([type, name, namespace]) => lightRag.open(type, name, { ...options, namespace })),
  );
  for (const storage of opened) await storage.finalize();
}

/**
 * Rows of a megabyte each: so large a table is indexed while others write. Where AGE is loaded, nothing can
 * be dropped in a database without it.
 */
const LARGE = `CREATE EXTENSION age;
ALTER TABLE lightrag_doc_status ALTER error_msg SET STORAGE EXTERNAL;
INSERT INTO lightrag_doc_status (workspace, id, status, content_summary, content_length, file_path, error_msg)
SELECT 'tenant 0', 'old ' || i, 'failed', 's', 1, i || '.txt', repeat('x', 1000000) FROM generate_series(1, 40) i;
ALTER TABLE lightrag_doc_chunks ALTER content SET STORAGE EXTERNAL;
INSERT INTO lightrag_doc_chunks (workspace, id, content) SELECT 'tenant 0', 'old ' || i, repeat('x', 1000000) FROM generate_series(1, 40) i;
DROP INDEX idx_lightrag_doc_status_workspace_created_at, idx_lightrag_doc_status_workspace_status_created_at`;

describe.skipIf(server === null)("a large database that LightRAG made", () => {
  const env = { ...server, POSTGRES_DATABASE: `tetrad_start_${process.pid}` };
  const started: LightRag[] = [];
  afterAll(async () => {
    for (const lightRag of started) await lightRag.stop();
    await select(server ?? {}, `DROP DATABASE IF EXISTS ${env.POSTGRES_DATABASE} WITH (FORCE)`);
  });

  test(`is opened by ${OURS} processes of ours and ${THEIRS} of Python at once`, async () => {
    await select(server ?? {}, `CREATE DATABASE ${env.POSTGRES_DATABASE}`);
    const python = inject("lightRagPython") ?? "";
    for (let count = 0; count < THEIRS; count += 1) started.push(new LightRag(python));
    const [first] = started;
    if (first !== undefined) await openAndClose(first, env);
    await select(env, LARGE);
    const options = { env: { ...process.env, ...env, POSTGRES_MAX_CONNECTIONS: "4" } };
    await Promise.all([
      ...started.map((lightRag) => openAndClose(lightRag, env)),
      ...Array.from({ length: OURS }, (_, index) =>
        run(process.execPath, [PROGRAM, `tenant ${index % 2}`], options),
      ),
    ]);
    const broken = await select(
      env,
      "SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid AND indexrelid::regclass::text LIKE 'tetrad%'",
    );
    expect(broken).toEqual([]);
    const counted = `SELECT
      (SELECT count(*)::int FROM lightrag_doc_status WHERE workspace = 'tenant 0') AS documents,
      (SELECT count(*)::int FROM lightrag_doc_chunks WHERE workspace = 'tenant 0') AS chunks,
      (SELECT count(*)::int FROM lightrag_graph_edges) AS edges,
      (SELECT count(*)::int FROM pg_indexes WHERE indexname ~ '^tetrad_doc_status_by_(updated_at|created_at|id|file_path)$') AS indexes`;
    expect(await select(env, counted)).toEqual([{ documents: 41, chunks: 40, edges: 2, indexes: 4 }]);
  });
});
