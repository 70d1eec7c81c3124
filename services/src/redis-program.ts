import { createConnection } from "node:net";
import { join } from "node:path";

import { libraryPath, unpackDebianPackages } from "./debian-packages.js";
import { findCommand } from "./find-command.js";
import { ServerProcess } from "./server-process.js";
import { ServiceMissingError } from "./service.js";

const PACKAGES = [
  "redis-server",
  "redis-tools",
  "libjemalloc2",
  "liblua5.1-0",
  "liblzf1",
  "lua-bitop",
  "lua-cjson",
] as const;

export interface RedisProgram {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A redis-server on the PATH; `null` where there is none. */
export async function installedRedis(): Promise<RedisProgram | null> {
  const installed = await findCommand("redis-server");
  return installed === null ? null : { command: installed, env: {} };
}

/** A redis-server from Debian's packages. @throws ServiceMissingError */
export async function unpackedRedis(): Promise<RedisProgram> {
  const root = await unpackDebianPackages("redis", PACKAGES).catch((cause: unknown) => {
    throw new ServiceMissingError(
      `There is no redis-server here. Install one, or name a server in REDIS_URI. ${String(cause)}`,
      { cause },
    );
  });
  return {
    command: join(root, "usr/bin/redis-server"),
    env: { LD_LIBRARY_PATH: await libraryPath(root) },
  };
}

/** Where servers have to find each other, which containers make hard. @throws ServiceMissingError */
export async function redisWithoutContainer(): Promise<RedisProgram> {
  return (await installedRedis()) ?? (await unpackedRedis());
}

/** The arguments of a server on loopback that keeps what it acknowledged: what a killed one lost would be no fault of ours. */
export function durableServer(port: number, folder: string): string[] {
  const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
  return [...place, "--appendonly", "yes", "--appendfsync", "always"];
}

/** Starts a server, and waits until it answers on its port. */
export function startRedis(
  { command, env }: RedisProgram,
  port: number,
  args: readonly string[],
): Promise<ServerProcess> {
  return ServerProcess.start({ command, env, args, isReady: () => answersPing(port) });
}

export async function answersPing(port: number): Promise<boolean> {
  // It may ask for a password, and is there all the same; while it loads its data it is not.
  return /^(\+PONG|-NOAUTH)/.test(await askRedis(port, "PING"));
}

/** Sends a line to a server on loopback, and gives the beginning of its answer as it comes over the wire. */
export function askRedis(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.on("connect", () => socket.write(`${line}\r\n`));
    socket.on("data", (bytes) => {
      socket.destroy();
      resolve(bytes.toString("latin1"));
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`The server on port ${port} closed the connection`)));
  });
}
