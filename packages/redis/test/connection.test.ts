import { createStorage } from "@tetrad/core";
import { FaultProxy, type OwnService, redis } from "@tetrad/services";
import { askForService } from "@tetrad/services/vitest";
import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";

import { closeAfterTest, openClient, openDocs, openKV, useOpenStorages } from "./open-storages.ts";
import { runProgram } from "./run-program.ts";

const uri = (await askForService("redis"))?.["REDIS_URI"] ?? "";
const portOf = (server: { env: Readonly<Record<string, string>> }): number =>
  Number(new URL(server.env["REDIS_URI"] ?? "").port);

async function startRedis(settings: readonly string[] = []): Promise<OwnService> {
  const server = await redis.start({ settings });
  closeAfterTest(() => server.stop());
  return server;
}

/** A name for the connection, by which the server tells how many there are. */
function named(address: string, name: string): string {
  return `${address}?client_name=${name}`;
}

async function countConnections(name: string): Promise<number> {
  const clients = (await openClient(uri).client("LIST")) as string;
  return clients.split("\n").filter((line) => line.includes(` name=${name} `)).length;
}

describe.skipIf(uri === "")("the connection to Redis", () => {
  useOpenStorages();

  test("is one for all storages of a process, and closed with the last of them", async () => {
    const address = named(uri, "shared");
    const [first, second, third] = await Promise.all([openKV(address), openKV(address), openDocs(address)]);
    await Promise.all([first, second].map(async (storage) => storage.upsert({ a: {} })));
    expect(await countConnections("shared")).toBe(1);
    await first.finalize();
    await second.finalize();
    expect(await third.count()).toBe(0);
    expect(await countConnections("shared")).toBe(1);
    await third.finalize();
    await expect.poll(() => countConnections("shared")).toBe(0);
    const again = await openKV(address);
    expect(await again.isEmpty()).toBe(true);
  });

  test("lets the process end once its storages are closed", async () => {
    const program = `
      import { createStorage } from "@tetrad/core";
      const storage = await createStorage("KV_STORAGE", "RedisKVStorage", { namespace: "full_docs", workspace: "ends" });
      await storage.upsert({ a: {} });
      await storage.drop();
      await storage.finalize();
      console.log("closed");
    `;
    expect(await runProgram(program, { env: { REDIS_URI: uri } })).toEqual({ printed: "closed\n", code: 0 });
  });

  test("of the application is used, and left open", async () => {
    const client = openClient(uri);
    const storage = await openKV("redis://127.0.0.1:1", { client });
    await storage.upsert({ a: {} });
    expect(await storage.count()).toBe(1);
    await storage.finalize();
    expect(await client.ping()).toBe("PONG");
    await expect(openKV(uri, { client: {} })).rejects.toMatchObject({ code: "STORAGE_SETTING" });
    const prefixed = new Redis(uri, { keyPrefix: "p:" });
    closeAfterTest(async () => prefixed.disconnect());
    await expect(openKV(uri, { client: prefixed })).rejects.toMatchObject({ code: "STORAGE_SETTING" });
  });

  test("reaches the database, user and password that the URI names", async () => {
    const server = await startRedis(["--requirepass", "p/w:ü%"]);
    const address = `redis://default:${encodeURIComponent("p/w:ü%")}@127.0.0.1:${portOf(server)}/3`;
    const storage = await openKV(address, { workspace: "w" });
    await storage.upsert({ a: {} });
    expect(await openClient(address).exists("w_full_docs:a")).toBe(1);
    const other = await openKV(address.replace("/3", "/4"), { workspace: "w" });
    expect(await other.isEmpty()).toBe(true);
  });

  test("takes everything before the last @ for the user and the password", async () => {
    const server = await startRedis(["--requirepass", "p@s:s"]);
    const storage = await openKV(`redis://:p@s:s@127.0.0.1:${portOf(server)}`);
    expect(await storage.isEmpty()).toBe(true);
  });

  test("is refused where the database cannot be had, and leads to no other one", async () => {
    const server = await startRedis();
    const client = openClient(server.env["REDIS_URI"] ?? "");
    await client.call("acl", "setuser", "limited", "on", ">pw", "~*", "+@all", "-select");
    const address = `127.0.0.1:${portOf(server)}`;
    await expect(openKV(`redis://${address}/99`)).rejects.toMatchObject({
      message: expect.stringMatching(/database 99 answered: ERR DB index is out of range/),
      retryable: false,
    });
    await expect(openKV(`redis://limited:pw@${address}/1`)).rejects.toMatchObject({ code: "STORAGE_ACCESS" });
    expect(await (await openKV(`redis://limited:pw@${address}/0`)).isEmpty()).toBe(true);
  });

  test("that loses its right to the database goes on in no other one", async () => {
    const server = await startRedis();
    const client = openClient(server.env["REDIS_URI"] ?? "");
    await client.call("acl", "setuser", "limited", "on", ">pw", "~*", "+@all");
    const storage = await openKV(`redis://limited:pw@127.0.0.1:${portOf(server)}/1`);
    await storage.upsert({ a: {} });
    await client.call("acl", "setuser", "limited", "-select");
    await client.call("client", "kill", "user", "limited");
    await expect(storage.upsert({ b: {} })).rejects.toMatchObject({ code: "STORAGE_ACCESS" });
    expect(await client.dbsize()).toBe(0);
    await client.call("acl", "setuser", "limited", "+select");
    await storage.upsert({ c: {} });
    expect([await storage.count(), await client.dbsize()]).toEqual([2, 0]);
  });

  test("is refused at once with a wrong password, which no message shows", async () => {
    const server = await startRedis(["--requirepass", "right"]);
    const address = `127.0.0.1:${portOf(server)}`;
    for (const credentials of ["", ":wrong-secret@", "user:wrong-secret@"]) {
      const begun = performance.now();
      const error = await openKV(`redis://${credentials}${address}`).catch((failure: unknown) => failure);
      expect(performance.now() - begun).toBeLessThan(5000);
      expect(error).toMatchObject({ code: "STORAGE_ACCESS", retryable: false });
      const { inspect } = await import("node:util");
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("wrong-secret");
    }
  });

  test("is not tried with a URI that is none, which no message shows", async () => {
    const bad = [
      "http://secret@host",
      "redis://:secret@host:99999",
      "redis://:secret@host/one",
      "redis://:secret@host/0/1",
      "redis://:secret@host?sorcery=1",
      "redis+sentinel://:secret@host",
      "redis+cluster://:secret@host/1",
      "redis://:secret%@host",
      "redis://:12/secret@host:6379",
      "redis://:12?secret@host:6379",
      "redis+sentinel://:12/secret@host:26379/master",
      "unix://user:12/secret@/run/redis.sock",
    ];
    for (const address of bad) {
      const error = await openKV(address).catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code: "STORAGE_SETTING" });
      expect(String(error)).toContain("REDIS_URI");
      expect(String(error)).not.toContain("secret@");
    }
  });

  test("is opened with all of LightRAG's variables, and refuses values that make no sense", async () => {
    const env = {
      REDIS_MAX_CONNECTIONS: "200",
      REDIS_SOCKET_TIMEOUT: "30.0",
      REDIS_CONNECT_TIMEOUT: "10.0",
      REDIS_RETRY_ATTEMPTS: "3",
      REDIS_ALLOW_EVICTION_POLICY: "false",
    };
    expect(await (await openKV(uri, { env })).isEmpty()).toBe(true);
    const error = await openKV(uri, {
      env: { REDIS_SOCKET_TIMEOUT: "soon", REDIS_RETRY_ATTEMPTS: "0" },
    }).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: "STORAGE_SETTING" });
    expect(String(error)).toMatch(/REDIS_SOCKET_TIMEOUT = soon[^]*REDIS_RETRY_ATTEMPTS = 0/);
  });

  test("takes the workspace of REDIS_WORKSPACE", async () => {
    const storage = await createStorage("KV_STORAGE", "RedisKVStorage", {
      namespace: "full_docs",
      env: { REDIS_URI: uri, REDIS_WORKSPACE: "own", WORKSPACE: "general" },
      resolveFrom: import.meta.url,
    });
    closeAfterTest(() => storage.finalize());
    expect(storage.workspace).toBe("own");
  });

  test("is refused to a server that may delete records, unless that is accepted", async () => {
    const evicting = await startRedis(["--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru"]);
    const address = evicting.env["REDIS_URI"] ?? "";
    await expect(openKV(address)).rejects.toMatchObject({
      code: "STORAGE_CAPABILITY",
      message: expect.stringContaining("REDIS_ALLOW_EVICTION_POLICY"),
    });
    const warnings: string[] = [];
    const logger = { debug() {}, info() {}, error() {}, warn: (text: string) => void warnings.push(text) };
    const env = { REDIS_ALLOW_EVICTION_POLICY: "true" };
    const first = await openKV(address, { env, logger });
    await openKV(address, { env, logger });
    expect(warnings).toEqual([expect.stringContaining("allkeys-lru")]);
    await first.upsert({ a: {} });
    const volatile = await startRedis(["--maxmemory", "50mb", "--maxmemory-policy", "volatile-lru"]);
    expect(await (await openKV(volatile.env["REDIS_URI"] ?? "")).isEmpty()).toBe(true);
  });

  test("goes on with a warning where the server does not show its configuration", async () => {
    const server = await startRedis(["--rename-command", "CONFIG", ""]);
    const warnings: string[] = [];
    const logger = { debug() {}, info() {}, error() {}, warn: (text: string) => void warnings.push(text) };
    const storage = await openKV(server.env["REDIS_URI"] ?? "", { logger });
    expect(await storage.isEmpty()).toBe(true);
    expect(warnings).toEqual([expect.stringMatching(/cannot be read: .*unknown command/)]);
  });

  test("is not opened where nobody listens, and says so soon", async () => {
    const proxy = await FaultProxy.start(portOf({ env: { REDIS_URI: uri } }));
    const { port } = proxy;
    await proxy.close();
    await expect(openKV(`redis://127.0.0.1:${port}`)).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      retryable: true,
      message: expect.stringMatching(/127\.0\.0\.1:\d+ cannot be reached: .*ECONNREFUSED/),
    });
  });
});
