import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { createStorage, type GraphStorage } from "@tetrad/core";
import { readSettingSources, resolveSettings } from "@tetrad/core/plugin";
import { Neo4JStorage } from "@tetrad/neo4j";
import { FaultProxy, neo4j, type OwnService } from "@tetrad/services";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { env } from "./fixtures/workspaces.ts";

const silence = { debug() {}, info() {}, warn() {}, error() {} };
/** Waits for seconds that users would wait for half a minute. */
const IMPATIENT = {
  connectionTimeout: 2,
  connectionAcquisitionTimeout: 1,
  queryTimeout: 1,
  maxTransactionRetryTime: 1,
};

type Options = Readonly<Record<string, unknown>>;

// A server of its own, since it is killed; where the shared one cannot be had this one cannot either.
describe.skipIf(env === null)("when things go wrong", () => {
  let server: OwnService;
  const opened: { finalize(): Promise<void> }[] = [];
  const proxies: FaultProxy[] = [];
  beforeAll(async () => {
    server = await neo4j.start({});
  }, 300_000);
  afterEach(async () => {
    for (const proxy of proxies.splice(0)) await proxy.close();
    for (const storage of opened.splice(0)) await storage.finalize();
  });
  afterAll(async () => server?.stop());

  const portOf = (service: OwnService): number => Number(new URL(service.env["NEO4J_URI"] ?? "").port);

  async function open(options: Options = {}): Promise<GraphStorage> {
    const storage = await createStorage("GRAPH_STORAGE", "Neo4JStorage", {
      namespace: "chunk_entity_relation",
      workspace: "faults",
      env: server.env,
      resolveFrom: import.meta.url,
      logger: silence,
      ...options,
    });
    opened.push(storage);
    return storage;
  }

  async function openThroughProxy(
    options: Options = {},
  ): Promise<{ storage: GraphStorage; proxy: FaultProxy }> {
    const proxy = await FaultProxy.start(portOf(server));
    proxies.push(proxy);
    return { storage: await open({ uri: `bolt://127.0.0.1:${proxy.port}`, ...options }), proxy };
  }

  test("a wrong password is refused at once, and named in no message", async () => {
    const error = await open({ password: "not-this-one" }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "STORAGE_ACCESS", retryable: false });
    expect(String(error)).not.toContain("not-this-one");
  });

  test("a server that is not there is said to be unavailable, without its credentials", async () => {
    const uri = "bolt://user:hunter2@127.0.0.1:1";
    const error = await open({ uri }).catch((thrown: unknown) => thrown);
    // The driver takes no credentials in a URI; whatever it says, it is not repeated.
    expect(String(error)).not.toContain("hunter2");
    const there = await open({ uri: "bolt://127.0.0.1:1" }).catch((thrown: unknown) => thrown);
    expect(there).toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      retryable: true,
      message: expect.stringContaining("127.0.0.1:1") as string,
    });
  });

  test("a reset, also in mid-command, is tried again, and nothing is lost or written twice", async () => {
    const { storage, proxy } = await openThroughProxy();
    for (const bytes of [1, 200, 2000, 20_000]) {
      proxy.resetAfter(bytes);
      await storage.upsertNodesBatch(Array.from({ length: 300 }, (_, index) => [`r${index}`, { bytes }]));
      await storage.upsertEdge("r0", "r1", { bytes });
    }
    proxy.mode = "reset";
    const reading = storage.getAllLabels();
    await sleep(300);
    proxy.mode = "pass";
    expect(await reading).toHaveLength(300);
    expect(await storage.nodeDegree("r0")).toBe(1);
    expect(await storage.getNode("r299")).toEqual({ entity_id: "r299", bytes: 20_000 });
    await storage.drop();
  });

  test("a network that stalls is an error in time, and works again when it is back", async () => {
    const { storage, proxy } = await openThroughProxy(IMPATIENT);
    await storage.upsertNode("before", {});
    proxy.mode = "stall";
    await expect(storage.getNode("before")).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      retryable: true,
    });
    await expect(storage.upsertNode("during", {})).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    proxy.mode = "pass";
    await storage.upsertNode("after", {});
    expect(await storage.hasNodesBatch(["before", "after"])).toEqual(new Set(["before", "after"]));
    await storage.drop();
  });

  test("a storage on a network that stalls can be closed", async () => {
    const { storage, proxy } = await openThroughProxy(IMPATIENT);
    proxy.mode = "stall";
    const call = storage.getAllLabels().catch((error: unknown) => error);
    await storage.finalize();
    expect(await call).toMatchObject({ code: "STORAGE_UNAVAILABLE" });
  });

  test("an aborted call ends at once with the reason", async () => {
    const { storage, proxy } = await openThroughProxy();
    proxy.mode = "stall";
    const controller = new AbortController();
    const call = storage.getKnowledgeGraph("a", { signal: controller.signal });
    const reason = new Error("enough");
    setTimeout(() => controller.abort(reason), 50);
    await expect(call).rejects.toBe(reason);
    proxy.mode = "pass";
    expect(await storage.getAllLabels()).toEqual([]);
  });

  test("an aborted opening ends at once with the reason", async () => {
    const proxy = await FaultProxy.start(portOf(server));
    proxies.push(proxy);
    proxy.mode = "stall";
    const environment = { ...server.env, NEO4J_URI: `bolt://127.0.0.1:${proxy.port}` };
    const { values } = resolveSettings(Neo4JStorage.settings, {}, readSettingSources(environment));
    const storage = new Neo4JStorage({
      namespace: "chunk_entity_relation",
      workspace: "faults",
      workingDir: ".",
      cosineThreshold: 0.2,
      embeddingBatchSize: 1,
      embeddingMaxAsync: 1,
      maxGraphNodes: 1000,
      logger: silence,
      ...values,
    });
    const controller = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => controller.abort(reason), 50);
    await expect(storage.initialize({ signal: controller.signal })).rejects.toBe(reason);
  });

  test("a full pool is an error that says so", async () => {
    const { storage, proxy } = await openThroughProxy({
      ...IMPATIENT,
      queryTimeout: 5,
      maxConnectionPoolSize: 1,
    });
    proxy.mode = "stall";
    const first = storage.getAllLabels().catch((error: unknown) => error);
    await sleep(100);
    await expect(storage.getAllLabels()).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringContaining("every connection was busy") as string,
    });
    proxy.mode = "pass";
    expect(await first).toEqual([]);
  });

  test("a server killed and restarted under load: nothing acknowledged is lost, and it goes on by itself", async () => {
    const storage = await open();
    const acknowledged = new Set<string>();
    const failures: unknown[] = [];
    const load = { isOver: false };
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let turn = 0; !load.isOver; turn += 1) {
        const ids = Array.from({ length: 20 }, (_, index) => `w${writer} ${turn} ${index}`);
        await storage.upsertNodesBatch(ids.map((id) => [id, { turn }])).then(
          () => ids.forEach((id) => acknowledged.add(id)),
          (error: unknown) => failures.push(error),
        );
      }
    });
    await sleep(1000);
    await server.kill();
    const before = acknowledged.size;
    await server.restart();
    const longest = performance.now() + 60_000;
    while (acknowledged.size === before && performance.now() < longest) await sleep(50);
    load.isOver = true;
    await Promise.all(writers);
    expect(before).toBeGreaterThan(0);
    expect(acknowledged.size).toBeGreaterThan(before);
    expect(failures.filter((error) => (error as { code?: string }).code !== "STORAGE_UNAVAILABLE")).toEqual(
      [],
    );
    const found = await storage.hasNodesBatch(acknowledged);
    expect([...acknowledged].filter((id) => !found.has(id))).toEqual([]);
    await storage.drop();
  });

  test("the process ends by itself after finalize", async () => {
    const program = fileURLToPath(new URL("programs/open-and-close.mjs", import.meta.url));
    const child = spawn(process.execPath, [program], {
      env: { ...process.env, ...server.env, NEO4J_WORKSPACE: "faults" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [code] = (await once(child, "exit")) as [number | null];
    expect(code).toBe(0);
  });
});
