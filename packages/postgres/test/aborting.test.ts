import type { Logger } from "@tetrad/core";
import { PGKVStorage } from "@tetrad/postgres";
import { FaultProxy } from "@tetrad/services";
import pg from "pg";
import { describe, expect, test } from "vitest";

import { loadRows, openVectors, vectorOf } from "./open-vectors.ts";
import { clientConfig, resolved, servedDatabase } from "./postgres-targets.ts";

const database = await servedDatabase();
const env = database?.env ?? {};
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

function records(variables: Readonly<Record<string, string>>, namespace = "full_docs"): PGKVStorage {
  const options = { namespace, workspace: "w", logger: silent };
  return new PGKVStorage(resolved("KV_STORAGE", PGKVStorage, options, { ...env, ...variables }));
}

/** Has a table for itself as long as its transaction lasts. */
async function holdTable(statement: string): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client(clientConfig(env));
  await client.connect();
  await client.query("BEGIN");
  await client.query(statement);
  return { release: () => client.end() };
}

describe.skipIf(database === null)("a signal", () => {
  test("ends the opening of a storage where nobody answers, but not for others who wait", async () => {
    const proxy = await FaultProxy.start(Number(env["POSTGRES_PORT"]));
    proxy.mode = "stall";
    const variables = { POSTGRES_PORT: String(proxy.port), POSTGRES_SSL_MODE: "disable" };
    const [first, second] = [records(variables), records(variables)];
    const waiting = second.initialize({});
    const begun = performance.now();
    const signal = AbortSignal.timeout(300);
    await expect(first.initialize({ signal })).rejects.toMatchObject({ name: "TimeoutError" });
    // Nobody who answers could have been waited for a minute.
    expect(performance.now() - begun).toBeLessThan(20_000);
    proxy.mode = "pass";
    await waiting;
    await second.finalize();
    await proxy.close();
  });

  test("ends it while another process changes the schema, and the next one opens", async () => {
    const holder = await holdTable("SELECT pg_advisory_xact_lock(hashtext('tetrad_schema'))");
    const storage = records({}, "full_entities");
    const signal = AbortSignal.timeout(300);
    await expect(storage.initialize({ signal })).rejects.toMatchObject({ name: "TimeoutError" });
    await holder.release();
    await storage.initialize({});
    expect(await storage.count()).toBe(0);
    await storage.finalize();
  });

  test("ends a search that the server does not answer", async () => {
    const vectors = await openVectors({ env, options: {} }, { modelName: "aborted" });
    await loadRows(vectors, 10);
    const holder = await holdTable("LOCK TABLE lightrag_vdb_chunks_aborted_8d");
    const query = { queryEmbedding: vectorOf(3), signal: AbortSignal.timeout(300) };
    await expect(vectors.query("", 1, query)).rejects.toMatchObject({ name: "TimeoutError" });
    await holder.release();
    expect(await vectors.query("", 1, { queryEmbedding: vectorOf(3) })).toMatchObject([{ id: "r3" }]);
    await vectors.finalize();
  });
});
