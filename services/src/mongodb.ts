import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { dockerRun, hasDocker } from "./docker.js";
import { findCommand } from "./find-command.js";
import { freePort } from "./free-port.js";
import { answersAsMongo, mongoVariables, withMongo } from "./mongo-address.js";
import { ServerProcess } from "./server-process.js";
import { type OwnService, type RunningService, type Service, ServiceMissingError } from "./service.js";

const IMAGE = "mongo:8";
const INSIDE = 27_017;
const ELECTION_TIMEOUT = 30_000;

/** MongoDB itself, as a replica set of one: on the PATH or in a container. No package registry has it. */
export const mongodb: Service & { provide(): Promise<RunningService> } = {
  name: "MongoDB",
  variable: "MONGO_URI",

  async provide() {
    const uri = process.env["MONGO_URI"];
    if (uri !== undefined)
      return { env: { MONGO_URI: uri, MONGO_DATABASE: "tetrad_tests" }, stop: async () => {} };
    return this.start();
  },

  async start(): Promise<OwnService> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), "tetrad-mongodb-"));
    const server = await startServer(port, folder);
    return {
      env: mongoVariables(port),
      kill: () => server.kill(),
      restart: () => server.start(),
      async stop() {
        await server.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};

async function startServer(port: number, folder: string): Promise<ServerProcess> {
  const installed = await findCommand("mongod");
  const isReady = (): Promise<boolean> => answersAsMongo(port);
  const replication = ["--replSet", "tetrad"];
  if (installed !== null) {
    const place = ["--port", String(port), "--bind_ip", "127.0.0.1", "--dbpath", folder];
    const server = await ServerProcess.start({
      command: installed,
      args: [...place, ...replication],
      isReady,
    });
    await initiate(port, port);
    return server;
  }
  if (!(await hasDocker())) {
    throw new ServiceMissingError(
      "There is no MongoDB here: no registry of packages has it. Name one in MONGO_URI, install mongod, or start Docker (`docker compose --file services/compose.yaml up mongodb`).",
    );
  }
  const command = ["mongod", ...replication, "--bind_ip_all"];
  const server = await ServerProcess.start({
    ...dockerRun(IMAGE, { host: port, container: INSIDE }, { command }),
    isReady,
  });
  await initiate(port, INSIDE);
  return server;
}

/** Makes it a replica set of one, without which there are no transactions, and waits until it takes writes. */
async function initiate(port: number, ownPort: number): Promise<void> {
  await withMongo(port, async (client) => {
    const admin = client.db("admin");
    const members = [{ _id: 0, host: `127.0.0.1:${ownPort}` }];
    await admin.command({ replSetInitiate: { _id: "tetrad", members } });
    const deadline = performance.now() + ELECTION_TIMEOUT;
    while (!(await admin.command({ hello: 1 }))["isWritablePrimary"]) {
      if (performance.now() > deadline) throw new Error("MongoDB did not become a primary");
      await sleep(50);
    }
  });
}
