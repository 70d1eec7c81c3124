import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { freePort } from "./free-port.js";
import { askRedis, durableServer, redisWithoutContainer, startRedis } from "./redis-program.js";
import type { ServerProcess } from "./server-process.js";
import type { OwnService, Service } from "./service.js";

const MASTER_NAME = "tetrad";
const SETTLE_TIMEOUT = 30_000;

/** Redis with a replica, and a sentinel that makes it the master when the master is gone. `kill` ends the first master. */
export const redisSentinel: Service = {
  name: "Redis Sentinel",
  variable: "REDIS_SENTINEL_URI",

  async start(): Promise<OwnService> {
    const folder = await mkdtemp(join(tmpdir(), "tetrad-redis-sentinel-"));
    const program = await redisWithoutContainer();
    const [masterPort, replicaPort, sentinelPort] = [await freePort(), await freePort(), await freePort()];
    const servers: ServerProcess[] = [];
    const stop = async (): Promise<void> => {
      await Promise.all(servers.map(async (server) => server.stop()));
      await rm(folder, { recursive: true, force: true });
    };
    const start = async (name: string, port: number, args: readonly string[] = []): Promise<void> => {
      const ownFolder = join(folder, name);
      await mkdir(ownFolder);
      servers.push(await startRedis(program, port, [...durableServer(port, ownFolder), ...args]));
    };
    try {
      await start("master", masterPort);
      await start("replica", replicaPort, ["--replicaof", `127.0.0.1 ${masterPort}`]);
      // A sentinel writes into its configuration.
      const configuration = join(folder, "sentinel.conf");
      await writeFile(configuration, sentinelConfiguration(sentinelPort, masterPort, folder));
      servers.push(await startRedis(program, sentinelPort, [configuration, "--sentinel"]));
      await waitFor("the sentinel to know the replica", async () => {
        const known = await askRedis(sentinelPort, `SENTINEL MASTER ${MASTER_NAME}`);
        return known.includes("num-slaves\r\n$1\r\n1");
      });
    } catch (error) {
      await stop();
      throw error;
    }
    return {
      env: { REDIS_URI: `redis+sentinel://127.0.0.1:${sentinelPort}/${MASTER_NAME}` },
      kill: async () => servers[0]?.kill(),
      restart: async () => servers[0]?.start(),
      stop,
    };
  },
};

function sentinelConfiguration(port: number, masterPort: number, folder: string): string {
  return [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${folder}`,
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${masterPort} 1`,
    `sentinel down-after-milliseconds ${MASTER_NAME} 500`,
    `sentinel failover-timeout ${MASTER_NAME} 3000`,
    "",
  ].join("\n");
}

async function waitFor(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + SETTLE_TIMEOUT;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await sleep(100);
  }
}
