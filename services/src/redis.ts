import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { certificatesFor } from "./certificates.js";
import { dockerRun, hasDocker } from "./docker.js";
import { freePort } from "./free-port.js";
import {
  answersPing,
  durableServer,
  installedRedis,
  redisWithoutContainer,
  startRedis,
  unpackedRedis,
} from "./redis-program.js";
import { ServerProcess } from "./server-process.js";
import type { OwnService, RunningService, Service } from "./service.js";

export interface RedisOptions {
  /** Settings on the command line, such as `["--maxmemory", "10mb"]`. */
  readonly settings?: readonly string[];
  /** Takes encrypted connections only, with a certificate of an authority of its own. */
  readonly tls?: boolean;
}

/** Redis: on the PATH, in a container, or from Debian's packages. */
export const redis: Service<RedisOptions> & { provide(): Promise<RunningService> } = {
  name: "Redis",
  variable: "REDIS_URI",

  async provide() {
    const uri = process.env["REDIS_URI"];
    if (uri !== undefined) return { env: { REDIS_URI: uri }, stop: async () => {} };
    // Tests that need a place with nobody else in it have a database each.
    return this.start({ settings: ["--databases", "4096"] });
  },

  async start({ settings = [], tls = false }): Promise<OwnService> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), "tetrad-redis-"));
    const { server, uri } = await (tls ? startEncrypted : startServer)(port, folder, settings);
    return {
      env: { REDIS_URI: uri },
      kill: () => server.kill(),
      restart: () => server.start(),
      async stop() {
        await server.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};

interface Started {
  readonly server: ServerProcess;
  readonly uri: string;
}

async function startServer(port: number, folder: string, settings: readonly string[]): Promise<Started> {
  const uri = `redis://127.0.0.1:${port}`;
  const installed = await installedRedis();
  if (installed !== null || !(await hasDocker())) {
    const program = installed ?? (await unpackedRedis());
    return { server: await startRedis(program, port, [...durableServer(port, folder), ...settings]), uri };
  }
  const server = await ServerProcess.start({
    ...dockerRun("redis:7", { host: port, container: 6379 }, { command: ["redis-server", ...settings] }),
    isReady: () => answersPing(port),
  });
  return { server, uri };
}

/** It answers in plain text too, on a port that nobody is told of: that is how it is seen to be ready. */
async function startEncrypted(port: number, folder: string, settings: readonly string[]): Promise<Started> {
  const { authority, certificate, key } = await certificatesFor("127.0.0.1", folder);
  const plainPort = await freePort();
  const files = ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", authority];
  const tls = ["--tls-port", String(port), ...files, "--tls-auth-clients", "no"];
  const server = await startRedis(await redisWithoutContainer(), plainPort, [
    ...durableServer(plainPort, folder),
    ...tls,
    ...settings,
  ]);
  return { server, uri: `rediss://127.0.0.1:${port}?ssl_ca_certs=${encodeURIComponent(authority)}` };
}
