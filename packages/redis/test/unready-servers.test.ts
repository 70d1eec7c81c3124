import { RedisKVStorage } from "@tetrad/redis";
import { FaultProxy, freePort, redis } from "@tetrad/services";
import { askForService } from "@tetrad/services/vitest";
import { describe, expect, test } from "vitest";

import { closeAfterTest, openClient, openKV, useOpenStorages } from "./open-storages.ts";
import { constructorOptions } from "./redis-target.ts";
import { runProgram } from "./run-program.ts";

const isThere = (await askForService("redis")) !== null;

async function startRedis(settings: readonly string[]): Promise<string> {
  const server = await redis.start({ settings });
  closeAfterTest(() => server.stop());
  return server.env["REDIS_URI"] ?? "";
}

describe.skipIf(!isThere)("Redis that is not ready", () => {
  useOpenStorages();

  test("a cluster that nobody can reach is reported with the reason, also to a process with nothing else to do", async () => {
    const program = `
      import { createStorage } from "@tetrad/core";
      try {
        await createStorage("KV_STORAGE", "RedisKVStorage", { namespace: "full_docs" });
      } catch ({ code, message }) {
        console.log(code, message.includes("ECONNREFUSED"));
      }
    `;
    const [first, second] = [await freePort(), await freePort()];
    const uri = `redis+cluster://:secret@127.0.0.1:${first},127.0.0.1:${second}`;
    const begun = performance.now();
    const run = await runProgram(program, { env: { REDIS_URI: uri } });
    expect(run).toEqual({ printed: "STORAGE_UNAVAILABLE true\n", code: 0 });
    // And not only when the timeout of 30 seconds is over, three times.
    expect(performance.now() - begun).toBeLessThan(25_000);
  });

  test("a cluster that asks for another password says so at once", async () => {
    const settings = ["--cluster-enabled", "yes", "--cluster-port", String(await freePort())];
    const uri = await startRedis([...settings, "--requirepass", "right"]);
    const begun = performance.now();
    for (const credentials of ["", ":wrong@"]) {
      await expect(openKV(uri.replace("redis://", `redis+cluster://${credentials}`))).rejects.toMatchObject({
        code: "STORAGE_ACCESS",
      });
    }
    expect(performance.now() - begun).toBeLessThan(25_000);
  });

  test("a server that loads its data says so, to new storages and to those that are open", async () => {
    const slow = ["--loading-process-events-interval-bytes", "1024", "--rdbcompression", "no"];
    const uri = await startRedis(["--enable-debug-command", "yes", ...slow]);
    const [client, looker] = [openClient(uri), openClient(uri)];
    const env = { REDIS_RETRY_ATTEMPTS: "2" };
    const storage = await openKV(uri, { env });
    await storage.upsert(
      Array.from({ length: 30 }, (_, index) => [`id ${index}`, { text: "x".repeat(3000) }]),
    );
    await client.config("SET", "key-load-delay", "200000");
    const loaded = client.call("debug", "reload");
    const unavailable = { code: "STORAGE_UNAVAILABLE", message: expect.stringContaining("LOADING") };
    const says = async (): Promise<string> => looker.ping().catch(String);
    await expect.poll(says, { timeout: 10_000 }).toContain("LOADING");
    // On a connection of its own.
    await expect(openKV(`${uri}?client_name=new`, { env })).rejects.toMatchObject(unavailable);
    await expect(storage.getById("id 0")).rejects.toMatchObject(unavailable);
    await loaded;
    expect(await storage.count()).toBe(30);
  });

  test("a storage that is being opened on a silent server is given up at a signal", async () => {
    const proxy = await FaultProxy.start(Number(new URL(await startRedis([])).port));
    closeAfterTest(() => proxy.close());
    proxy.mode = "stall";
    const address = `redis://127.0.0.1:${proxy.port}`;
    const storage = new RedisKVStorage(constructorOptions(address, "full_docs", "w"));
    const signal = AbortSignal.timeout(300);
    const begun = performance.now();
    await expect(storage.initialize({ signal })).rejects.toMatchObject({ name: "TimeoutError" });
    // The server could have been silent for 30 seconds.
    expect(performance.now() - begun).toBeLessThan(20_000);
  });
});
