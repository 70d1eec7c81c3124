import { mkdtemp, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { libraryPath, unpackDebianPackages } from "./debian-packages.js";
import { dockerRun, hasDocker } from "./docker.js";
import { findCommand } from "./find-command.js";
import { freePort } from "./free-port.js";
import { ServerProcess } from "./server-process.js";
import { type OwnService, type RunningService, type Service, ServiceMissingError } from "./service.js";

export interface RedisOptions {
  /** Settings on the command line, such as `["--maxmemory", "10mb"]`. */
  readonly settings?: readonly string[];
}

const PACKAGES = [
  "redis-server",
  "redis-tools",
  "libjemalloc2",
  "liblua5.1-0",
  "liblzf1",
  "lua-bitop",
  "lua-cjson",
] as const;

interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Redis: on the PATH, in a container, or from Debian's packages. */
export const redis: Service<RedisOptions> & { provide(): Promise<RunningService> } = {
  name: "Redis",
  variable: "REDIS_URI",

  async provide() {
    const uri = process.env["REDIS_URI"];
    if (uri !== undefined) return { env: { REDIS_URI: uri }, stop: async () => {} };
    return this.start({});
  },

  async start({ settings = [] }): Promise<OwnService> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), "tetrad-redis-"));
    const server = await startServer(port, folder, settings);
    return {
      env: { REDIS_URI: `redis://127.0.0.1:${port}` },
      kill: () => server.kill(),
      restart: () => server.start(),
      async stop() {
        await server.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};

async function startServer(
  port: number,
  folder: string,
  settings: readonly string[],
): Promise<ServerProcess> {
  const own = await findProgram();
  const isReady = (): Promise<boolean> => answersPing(port);
  if (own !== null) {
    // Every acknowledged write is on the disk: what a killed server lost would be no fault of ours.
    const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
    const durable = ["--appendonly", "yes", "--appendfsync", "always"];
    return ServerProcess.start({ ...own, args: [...own.args, ...place, ...durable, ...settings], isReady });
  }
  return ServerProcess.start({
    ...dockerRun("redis:7", { host: port, container: 6379 }, { command: ["redis-server", ...settings] }),
    isReady,
  });
}

/** @returns `null` where a container is the way */
async function findProgram(): Promise<Program | null> {
  const installed = await findCommand("redis-server");
  if (installed !== null) return { command: installed, args: [], env: {} };
  if (await hasDocker()) return null;
  const root = await unpackDebianPackages("redis", PACKAGES).catch((cause: unknown) => {
    throw new ServiceMissingError(
      `There is no redis-server here. Install one, or name a server in REDIS_URI. ${String(cause)}`,
      { cause },
    );
  });
  return {
    command: join(root, "usr/bin/redis-server"),
    args: [],
    env: { LD_LIBRARY_PATH: await libraryPath(root) },
  };
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.on("connect", () => socket.write("PING\r\n"));
    socket.on("data", (bytes) => {
      socket.destroy();
      // It may ask for a password, and is there all the same; while it loads its data it is not.
      resolve(/^(\+PONG|-NOAUTH)/.test(bytes.toString("latin1")));
    });
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(false));
  });
}
