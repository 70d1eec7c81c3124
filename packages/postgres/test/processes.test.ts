import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { createStorage } from "@tetrad/core";
import { FaultProxy, pgbouncer, postgres } from "@tetrad/services";
import { askForService } from "@tetrad/services/vitest";
import { afterEach, describe, expect, test } from "vitest";

import { onServer } from "./postgres-targets.ts";

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL("fixtures/open-all.mjs", import.meta.url));
const WRITER = fileURLToPath(new URL("fixtures/write-on.mjs", import.meta.url));
const server = await askForService("postgres");
const opened: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.stop();
});

function openKV(env: Readonly<Record<string, string>>) {
  return createStorage("KV_STORAGE", "PGKVStorage", {
    namespace: "full_docs",
    env,
    resolveFrom: import.meta.url,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
}

async function newDatabase(name: string): Promise<Record<string, string>> {
  await onServer(server ?? {}, `CREATE DATABASE ${name}`);
  const env = { ...server, POSTGRES_DATABASE: name };
  opened.push({ stop: () => onServer(server ?? {}, `DROP DATABASE ${name} WITH (FORCE)`) });
  return env;
}

describe.skipIf(server === null)("a served database", () => {
  test("20 processes set up an empty database at once: one schema, no error, no duplicate", async () => {
    const env = await newDatabase(`tetrad_setup_${process.pid}`);
    const options = { env: { ...process.env, ...env, POSTGRES_MAX_CONNECTIONS: "4" } };
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) =>
        run(process.execPath, [PROGRAM, `tenant ${index % 2}`], options),
      ),
    );
    const [broken, vertices, edges, rows] = await onServer(
      env,
      "SELECT count(*)::int AS count FROM pg_index WHERE NOT indisvalid",
      `SELECT count(*)::int AS count FROM "tenant_0_chunk_entity_relation".base`,
      `SELECT count(*)::int AS count FROM "tenant_0_chunk_entity_relation"."DIRECTED"`,
      "SELECT count(*)::int AS count FROM lightrag_doc_full",
    );
    const counts = [broken, vertices, edges, rows].map((result) =>
      Number((result?.rows[0] as { count: unknown } | undefined)?.count),
    );
    expect(counts).toEqual([0, 2, 1, 2]);
  });

  test("PgBouncer in transaction mode between", async () => {
    const env = await newDatabase(`tetrad_bouncer_${process.pid}`);
    const bouncer = await pgbouncer.start({ server: env, poolSize: 3 });
    opened.push(bouncer);
    const options = { env: { ...process.env, ...bouncer.env } };
    await Promise.all([1, 2, 3].map(async (index) => run(process.execPath, [PROGRAM, `w${index}`], options)));
    const kv = await openKV({ ...bouncer.env, WORKSPACE: "w1" });
    expect(await kv.getById("a")).toMatchObject({ content: "x" });
    await kv.finalize();
  });

  test("a server that restarts under load: every call succeeds, and closing is quick", async () => {
    const own = await postgres.start({});
    opened.push(own);
    const kv = await openKV(own.env);
    const load = { isOver: false, done: 0 };
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let turn = 0; !load.isOver; turn += 1) {
        await kv.upsert({ [`${writer}-${turn}`]: { content: "x" } });
        load.done += 1;
      }
    });
    const untilDone = async (count: number): Promise<void> => {
      while (load.done < count) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    await untilDone(50);
    await own.kill();
    await own.restart();
    await untilDone(load.done + 50);
    load.isOver = true;
    await Promise.all(writers);
    expect(await kv.count()).toBe(load.done);
    await kv.finalize();
  });

  test("a process whose server restarts goes on, and ends by itself once its storage is closed", async () => {
    const own = await postgres.start({});
    opened.push(own);
    const child = spawn(process.execPath, [WRITER], { env: { ...process.env, ...own.env } });
    opened.push({ stop: async () => child.kill() });
    let printed = "";
    for (const output of [child.stdout, child.stderr])
      output.setEncoding("utf8").on("data", (text: string) => (printed += text));
    const untilMore = async (): Promise<void> => {
      const before = printed.length;
      await expect.poll(() => printed.length, { timeout: 10_000 }).toBeGreaterThan(before + 50);
    };
    await untilMore();
    await own.kill();
    await own.restart();
    await untilMore();
    child.stdin.end();
    const [code] = (await once(child, "close")) as [number];
    expect([printed.trim().split("\n").at(-1), code]).toEqual(["all there", 0]);
  });

  test("connections that are reset in mid-command are opened again; one does not disturb others", async () => {
    const proxy = await FaultProxy.start(Number(server?.["POSTGRES_PORT"]));
    opened.push({ stop: () => proxy.close() });
    const env = await newDatabase(`tetrad_faults_${process.pid}`);
    const kv = await openKV({ ...env, POSTGRES_PORT: String(proxy.port), POSTGRES_SSL_MODE: "disable" });
    for (let turn = 0; turn < 20; turn += 1) {
      proxy.resetAfter(200 + turn * 37);
      await Promise.all(
        [0, 1, 2].map(async (part) => kv.upsert({ [`${turn}-${part}`]: { content: "x".repeat(500) } })),
      );
    }
    expect(await kv.count()).toBe(60);
    await kv.finalize();
  });

  test("a wrong password fails at once, and is in no message", async () => {
    const error = await openKV({ ...server, POSTGRES_PASSWORD: "not-the-password" }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: "STORAGE_ACCESS" });
    expect((error as Error).message).not.toContain("not-the-password");
  });
});

test("an embedded folder belongs to one process, and is told whose it is", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tetrad-embedded-"));
  opened.push({ stop: () => rm(folder, { recursive: true, force: true }) });
  const env = { POSTGRES_EMBEDDED_DIR: join(folder, "pgdata") };
  const kv = await openKV(env);
  await kv.upsert({ a: { content: "kept" } });
  const failure = await run(process.execPath, [PROGRAM, "w"], { env: { ...process.env, ...env } }).catch(
    (error: unknown) => error as { stderr: string },
  );
  expect("stderr" in failure && failure.stderr).toContain(`is open in process ${process.pid}`);
  await kv.finalize();
  const again = await openKV(env);
  expect(await again.getById("a")).toMatchObject({ content: "kept" });
  await again.finalize();
});

test("a process with an embedded database ends by itself once its storage is closed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tetrad-embedded-"));
  opened.push({ stop: () => rm(folder, { recursive: true, force: true }) });
  const env = { ...process.env, POSTGRES_EMBEDDED_DIR: join(folder, "pgdata") };
  const writer = run(process.execPath, [WRITER], { env });
  writer.child.stdin?.end();
  expect((await writer).stdout).toMatch(/all there\n$/);
});
