import { RedisDocStatusStorage, RedisKVStorage } from "@tetrad/redis";
import { redis, redisCluster, redisSentinel, ServiceMissingError } from "@tetrad/services";
import { describeDocStatusStorage, describeKVStorage } from "@tetrad/testkit/vitest";
import { Cluster, Redis } from "ioredis";
import { afterAll, describe, expect, test } from "vitest";

import {
  closeAfterTest,
  document,
  newWorkspace,
  openDocs,
  openKV,
  useOpenStorages,
} from "./open-storages.ts";
import { redisTarget } from "./redis-target.ts";
import { runProgram } from "./run-program.ts";

/** `null` where it cannot be had outside CI: said loudly. */
async function unlessMissing<T>(start: Promise<T>): Promise<T | null> {
  return start.catch((error: unknown) => {
    if (!(error instanceof ServiceMissingError) || process.env["CI"]) throw error;
    console.warn(`\nSKIPPED: tests of Redis. ${error.message}\n`);
    return null;
  });
}

const cluster = await unlessMissing(redisCluster.start());
afterAll(async () => cluster?.stop());
const clusterUri = cluster?.env["REDIS_URI"] ?? "";

describe.skipIf(cluster === null)("on a cluster", () => {
  const few = { randomSequences: 8 };
  describeKVStorage(
    "RedisKVStorage",
    redisTarget(clusterUri, (options) => new RedisKVStorage(options)),
    few,
  );
  describeDocStatusStorage(
    "RedisDocStatusStorage",
    redisTarget(clusterUri, (options) => new RedisDocStatusStorage(options)),
    few,
  );

  describe("its keys", () => {
    useOpenStorages();

    function openCluster(): Cluster {
      const nodes = Array.from(clusterUri.matchAll(/([\d.]+):(\d+)/g), ([, host, port]) => ({
        host: host ?? "",
        port: Number(port),
      }));
      const client = new Cluster(nodes);
      closeAfterTest(async () => client.disconnect());
      return client;
    }

    test("of records are spread over the nodes, those of documents and their index are on one", async () => {
      const workspace = newWorkspace();
      const [records, documents] = [
        await openKV(clusterUri, { workspace }),
        await openDocs(clusterUri, { workspace }),
      ];
      const ids = Array.from({ length: 300 }, (_, index) => `id ${index}`);
      await records.upsert(ids.map((id) => [id, { id }]));
      await documents.upsert(ids.map((id) => [id, document({ file_path: `${id}.txt` })]));
      expect(await records.count()).toBe(300);
      expect((await records.getByIds(ids)).map((row) => row?.["id"])).toEqual(ids);
      const client = openCluster();
      await client.ping();
      const held = async (pattern: string): Promise<number[]> =>
        Promise.all(client.nodes("master").map(async (node) => (await node.keys(pattern)).length));
      expect((await held(`${workspace}_full_docs:*`)).every((count) => count > 50)).toBe(true);
      const ofDocuments = await held(`{${workspace}_doc_status}*`);
      expect(ofDocuments.sort((a, b) => a - b)).toEqual([0, 0, 601]);
      await records.drop();
      await documents.drop();
      expect([...(await held(`*${workspace}*`))]).toEqual([0, 0, 0]);
    });

    test("are those of a client that was handed in, too", async () => {
      const client = openCluster();
      const storage = await openDocs("redis://127.0.0.1:1", { client });
      await storage.upsert({ a: document(), b: document({ status: "failed" }) });
      expect(await storage.getAllStatusCounts()).toMatchObject({ pending: 1, failed: 1, all: 2 });
      await storage.finalize();
      expect(await client.ping()).toBe("PONG");
    });

    test(
      "are put right after a node was gone, and what was acknowledged is there",
      { timeout: 60_000 },
      async () => {
        const storage = await openKV(clusterUri, {
          env: { REDIS_RETRY_ATTEMPTS: "2", REDIS_SOCKET_TIMEOUT: "3" },
        });
        const ids = Array.from({ length: 100 }, (_, index) => `id ${index}`);
        await storage.upsert(ids.map((id) => [id, { n: 1 }]));
        await cluster?.kill();
        await expect(storage.getByIds(ids)).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
        // Two thirds of the records are no answer.
        await expect(storage.count()).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
        await cluster?.restart();
        await expect.poll(async () => (await storage.getByIds(ids)).length, { timeout: 10_000 }).toBe(100);
        expect((await storage.getByIds(ids)).map((row) => row?.["n"])).toEqual(ids.map(() => 1));
        await storage.upsert({ "id 0": { n: 2 } });
        expect(await storage.count()).toBe(100);
      },
    );
  });
});

describe("with a certificate", async () => {
  useOpenStorages();
  const server = await unlessMissing(redis.start({ tls: true }));
  afterAll(async () => server?.stop());
  const uri = server?.env["REDIS_URI"] ?? "";

  test.skipIf(server === null)("of a trusted authority it works", async () => {
    const storage = await openDocs(uri);
    await storage.upsert({ a: document() });
    expect(await storage.count()).toBe(1);
  });

  test.skipIf(server === null)(
    "of an unknown authority it is refused at once, unless none is asked for",
    async () => {
      const [plain = ""] = uri.split("?");
      const begun = performance.now();
      await expect(openKV(plain)).rejects.toMatchObject({
        code: "STORAGE_ACCESS",
        message: expect.stringContaining("ssl_ca_certs"),
      });
      expect(performance.now() - begun).toBeLessThan(5000);
      // As for Python: a server has no way not to show a certificate.
      await expect(openKV(`${plain}?ssl_cert_reqs=optional`)).rejects.toMatchObject({
        code: "STORAGE_ACCESS",
      });
      const storage = await openKV(`${plain}?ssl_cert_reqs=none`);
      expect(await storage.isEmpty()).toBe(true);
      await expect(openKV(`${plain}?ssl_ca_certs=/nowhere.pem`)).rejects.toMatchObject({
        code: "STORAGE_IO",
      });
    },
  );
});

describe("under a sentinel", async () => {
  useOpenStorages();
  const service = await unlessMissing(redisSentinel.start());
  afterAll(async () => service?.stop());
  const uri = service?.env["REDIS_URI"] ?? "";

  test.skipIf(service === null)(
    "it finds the master, and the next one when that is gone",
    { timeout: 60_000 },
    async () => {
      const storage = await openDocs(uri);
      await storage.upsert({ a: document() });
      const { hostname: host, port } = new URL(uri.replace("redis+sentinel:", "redis:"));
      const master = new Redis({ sentinels: [{ host, port: Number(port) }], name: "tetrad" });
      // Replicas follow a moment later; the server waits for what a connection wrote, and all before it.
      await master.set("last", "");
      expect(await master.wait(1, 20_000)).toBe(1);
      master.disconnect();
      await service?.kill();
      await expect
        .poll(
          () =>
            storage.upsert({ b: document() }).then(
              () => "written",
              () => "not yet",
            ),
          { timeout: 20_000 },
        )
        .toBe("written");
      expect((await storage.getByIds(["a", "b"])).map((row) => row?.status)).toEqual(["pending", "pending"]);
      expect(await storage.getStatusCounts()).toMatchObject({ pending: 2 });
    },
  );

  test.skipIf(service === null)("a master that nobody knows is said to be", async () => {
    await expect(openKV(uri.replace("/tetrad", "/nobody"))).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
    });
  });

  test.skipIf(service === null)(
    "a process ends once its storages are closed, also when all servers are gone",
    { timeout: 60_000 },
    async () => {
      const program = `
        import { createStorage } from "@tetrad/core";
        import { once } from "node:events";
        const storage = await createStorage("KV_STORAGE", "RedisKVStorage", { namespace: "full_docs", workspace: "ends" });
        console.log("open");
        await once(process.stdin, "data");
        process.stdin.destroy();
        await storage.getById("a").catch(({ code }) => console.log(code));
        await storage.getById("a").catch(({ code }) => console.log(code));
        await storage.finalize();
      `;
      const env = { REDIS_URI: uri, REDIS_RETRY_ATTEMPTS: "1" };
      const onFirstLine = async (): Promise<void> => service?.stop();
      expect(await runProgram(program, { env, onFirstLine })).toEqual({
        printed: "open\nSTORAGE_UNAVAILABLE\nSTORAGE_UNAVAILABLE\n",
        code: 0,
      });
    },
  );
});
