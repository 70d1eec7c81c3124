import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { freePort } from "./free-port.js";
import { askRedis, durableServer, redisWithoutContainer, startRedis } from "./redis-program.js";
import type { ServerProcess } from "./server-process.js";
import type { OwnService, Service } from "./service.js";

const MASTERS = 3;
const SLOTS = 16_384;
const JOIN_TIMEOUT = 30_000;

interface Node {
  readonly port: number;
  readonly busPort: number;
  readonly server: ServerProcess;
}

/** Redis Cluster: three masters on loopback, each with a third of the slots. `kill` ends the first of them. */
export const redisCluster: Service = {
  name: "Redis Cluster",
  variable: "REDIS_CLUSTER_URI",

  async start(): Promise<OwnService> {
    const folder = await mkdtemp(join(tmpdir(), "tetrad-redis-cluster-"));
    const program = await redisWithoutContainer();
    const nodes: Node[] = [];
    const stop = async (): Promise<void> => {
      await Promise.all(nodes.map(async ({ server }) => server.stop()));
      await rm(folder, { recursive: true, force: true });
    };
    try {
      for (let index = 0; index < MASTERS; index += 1) {
        const [port, busPort] = [await freePort(), await freePort()];
        const ownFolder = join(folder, String(index));
        await mkdir(ownFolder);
        const cluster = ["--cluster-enabled", "yes", "--cluster-port", String(busPort)];
        const timeout = ["--cluster-node-timeout", "2000"];
        const server = await startRedis(program, port, [
          ...durableServer(port, ownFolder),
          ...cluster,
          ...timeout,
        ]);
        nodes.push({ port, busPort, server });
      }
      await joinNodes(nodes);
    } catch (error) {
      await stop();
      throw error;
    }
    const hosts = nodes.map(({ port }) => `127.0.0.1:${port}`).join(",");
    return {
      env: { REDIS_URI: `redis+cluster://${hosts}` },
      kill: async () => nodes[0]?.server.kill(),
      async restart() {
        await nodes[0]?.server.start();
        await waitUntilWhole(nodes);
      },
      stop,
    };
  },
};

async function joinNodes(nodes: readonly Node[]): Promise<void> {
  const [first] = nodes;
  if (first === undefined) return;
  for (const [index, { port }] of nodes.entries()) {
    const [from, to] = [index, index + 1].map((each) => Math.floor((SLOTS * each) / nodes.length));
    await expectOk(port, `CLUSTER ADDSLOTSRANGE ${from} ${(to ?? SLOTS) - 1}`);
    await expectOk(port, `CLUSTER MEET 127.0.0.1 ${first.port} ${first.busPort}`);
  }
  await waitUntilWhole(nodes);
}

async function expectOk(port: number, line: string): Promise<void> {
  const answer = await askRedis(port, line);
  if (!answer.startsWith("+OK")) throw new Error(`${line} was answered with ${answer}`);
}

async function waitUntilWhole(nodes: readonly Node[]): Promise<void> {
  const deadline = performance.now() + JOIN_TIMEOUT;
  for (;;) {
    const states = await Promise.all(nodes.map(async ({ port }) => askRedis(port, "CLUSTER INFO")));
    const isWhole = (state: string): boolean =>
      state.includes("cluster_state:ok") && state.includes(`cluster_known_nodes:${nodes.length}`);
    if (states.every(isWhole)) return;
    if (performance.now() > deadline)
      throw new Error(`The cluster did not come together:\n${states.join("\n")}`);
    await sleep(50);
  }
}
