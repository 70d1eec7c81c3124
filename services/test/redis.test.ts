import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createConnection, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

import { afterEach, expect, test } from "vitest";

import { FaultProxy, type OwnService, redis, redisCluster, redisSentinel } from "../src/index.ts";

const opened: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.stop();
});

async function startRedis(settings: readonly string[] = []): Promise<OwnService> {
  const server = await redis.start({ settings });
  opened.push(server);
  return server;
}

async function startProxy(server: OwnService): Promise<FaultProxy> {
  const proxy = await FaultProxy.start(portOf(server));
  opened.push({ stop: () => proxy.close() });
  return proxy;
}

const portOf = ({ env }: OwnService): number => Number(new URL(env["REDIS_URI"] ?? "").port);

async function connect(port: number): Promise<Socket> {
  const socket = createConnection({ host: "127.0.0.1", port });
  opened.push({ stop: async () => void socket.destroy() });
  await once(socket, "connect");
  return socket;
}

async function ask(socket: Socket, line: string): Promise<string> {
  socket.write(`${line}\r\n`);
  const [answer] = (await once(socket, "data")) as [Buffer];
  return answer.toString().trim();
}

test("two servers run side by side, with settings of their own", async () => {
  const servers = await Promise.all([startRedis(), startRedis(["--maxmemory", "5mb"])]);
  const [first, second] = await Promise.all(servers.map(async (server) => connect(portOf(server))));
  if (first === undefined || second === undefined) throw new Error("Both are there");
  expect(await ask(first, "SET a 1")).toBe("+OK");
  expect(await ask(second, "EXISTS a")).toBe(":0");
  expect(await ask(second, "CONFIG GET maxmemory")).toContain("5242880");
});

test("a server that was killed has after its restart what it acknowledged", async () => {
  const server = await startRedis();
  expect(await ask(await connect(portOf(server)), "SET a kept")).toBe("+OK");
  await server.kill();
  await expect(connect(portOf(server))).rejects.toMatchObject({ code: "ECONNREFUSED" });
  await server.restart();
  expect(await ask(await connect(portOf(server)), "GET a")).toContain("kept");
});

test("the proxy passes on, holds up, goes on, and resets", async () => {
  const proxy = await startProxy(await startRedis());
  const client = await connect(proxy.port);
  expect(await ask(client, "PING")).toBe("+PONG");

  proxy.mode = "stall";
  const late = ask(client, "ECHO late");
  let isAnswered = false;
  void late.then(() => (isAnswered = true));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(isAnswered).toBe(false);
  proxy.mode = "pass";
  expect(await late).toContain("late");

  const ended = once(client, "error");
  proxy.mode = "reset";
  expect(await ended).toMatchObject([{ code: "ECONNRESET" }]);
  expect(proxy.connections).toBe(0);
});

test("the proxy resets a connection in mid-command", async () => {
  const server = await startRedis();
  const proxy = await startProxy(server);
  const client = await connect(proxy.port);
  proxy.resetAfter(10);
  const ended = once(client, "error");
  client.write("SET b ");
  await new Promise((resolve) => setTimeout(resolve, 20));
  client.write("half of it\r\n");
  expect(await ended).toMatchObject([{ code: "ECONNRESET" }]);
  expect(await ask(await connect(portOf(server)), "EXISTS b")).toBe(":0");
  // Once.
  expect(await ask(await connect(proxy.port), "PING")).toBe("+PONG");
});

test("a server takes encrypted connections, with a certificate that its URI names", async () => {
  const server = await redis.start({ tls: true });
  opened.push(server);
  const uri = new URL(server.env["REDIS_URI"] ?? "");
  expect(uri.protocol).toBe("rediss:");
  const ca = await readFile(uri.searchParams.get("ssl_ca_certs") ?? "");
  const socket = connectTls({ host: "127.0.0.1", port: Number(uri.port), ca });
  opened.push({ stop: async () => void socket.destroy() });
  await once(socket, "secureConnect");
  expect(await ask(socket, "PING")).toBe("+PONG");
});

test("a cluster of three masters answers for all slots", async () => {
  const cluster = await redisCluster.start();
  opened.push(cluster);
  const ports = Array.from((cluster.env["REDIS_URI"] ?? "").matchAll(/:(\d+)/g), ([, port]) => Number(port));
  expect(ports).toHaveLength(3);
  for (const port of ports) {
    const state = await ask(await connect(port), "CLUSTER INFO");
    expect(state).toContain("cluster_state:ok");
    expect(state).toContain("cluster_slots_assigned:16384");
  }
});

test("a sentinel names the master, and the replica once the master is gone", async () => {
  const service = await redisSentinel.start();
  opened.push(service);
  const sentinel = await connect(Number(new URL(service.env["REDIS_URI"] ?? "").port));
  const first = await ask(sentinel, "SENTINEL GET-MASTER-ADDR-BY-NAME tetrad");
  await service.kill();
  await expect
    .poll(() => ask(sentinel, "SENTINEL GET-MASTER-ADDR-BY-NAME tetrad"), { timeout: 20_000 })
    .not.toBe(first);
});
