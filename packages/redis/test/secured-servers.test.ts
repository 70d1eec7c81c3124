import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { freePort, type OwnService, redis, ServiceMissingError } from "@tetrad/services";
import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";

import { closeAfterTest, document, openDocs, openKV, useOpenStorages } from "./open-storages.ts";

const PASSWORD = "p@ss/w:ü";
const credentials = `:${encodeURIComponent(PASSWORD)}@`;

/** A server with a certificate and a password. Outside CI `null` where it cannot be had: said loudly. */
async function startSecured(settings: readonly string[]): Promise<OwnService | null> {
  try {
    const server = await redis.start({ tls: true, settings: ["--requirepass", PASSWORD, ...settings] });
    closeAfterTest(() => server.stop());
    return server;
  } catch (error) {
    if (!(error instanceof ServiceMissingError) || process.env["CI"]) throw error;
    console.warn(`\nSKIPPED: a test of Redis. ${error.message}\n`);
    return null;
  }
}

describe("with a certificate and a password", () => {
  useOpenStorages();

  test("a cluster is used, whose nodes are encrypted and ask for it like the first", async (context) => {
    const name = ["--cluster-announce-ip", "127.0.0.1", "--cluster-port", String(await freePort())];
    const server = await startSecured(["--cluster-enabled", "yes", "--tls-cluster", "yes", ...name]);
    if (server === null) return context.skip();
    const uri = server.env["REDIS_URI"] ?? "";
    const port = Number(new URL(uri).port);
    const client = new Redis({ port, password: PASSWORD, tls: { rejectUnauthorized: false } });
    closeAfterTest(async () => client.disconnect());
    await client.call("cluster", "addslotsrange", "0", "16383");
    const info = async (): Promise<unknown> => client.call("cluster", "info");
    await expect.poll(info, { timeout: 20_000 }).toContain("cluster_state:ok");
    const [, query = ""] = uri.split("?");
    const address = `rediss+cluster://${credentials}localhost:${port}`;
    const [records, documents] = [await openKV(`${address}?${query}`), await openDocs(`${address}?${query}`)];
    await records.upsert(Array.from({ length: 100 }, (_, index) => [`id ${index}`, { index }]));
    await documents.upsert({ a: document() });
    expect([await records.count(), await documents.count()]).toEqual([100, 1]);
    await expect(openKV(address)).rejects.toMatchObject({
      code: "STORAGE_ACCESS",
      message: expect.stringContaining("ssl_ca_certs"),
    });
    await expect(openKV(`${address.replace(credentials, "")}?${query}`)).rejects.toMatchObject({
      code: "STORAGE_ACCESS",
    });
  });

  test("a server is used on a Unix socket, where no certificate is needed", async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "tetrad-redis-socket-"));
    closeAfterTest(async () => rm(folder, { recursive: true }));
    const path = join(folder, "redis socket.sock");
    const server = await startSecured(["--unixsocket", path]);
    if (server === null) return context.skip();
    const address = `unix://${credentials}${encodeURI(path)}`;
    const storage = await openKV(`${address}?db=3`, { workspace: "w" });
    await storage.upsert({ a: {} });
    expect(await (await openKV(`${address}?db=3`, { workspace: "w" })).count()).toBe(1);
    expect(await (await openKV(address, { workspace: "w" })).count()).toBe(0);
  });
});
