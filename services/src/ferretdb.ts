import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { cached } from "./cache-folder.js";
import { findCommand } from "./find-command.js";
import { freePort } from "./free-port.js";
import { answersAsMongo, mongoVariables } from "./mongo-address.js";
import { ServerProcess } from "./server-process.js";
import { type OwnService, type RunningService, type Service, ServiceMissingError } from "./service.js";

const run = promisify(execFile);

const SOURCE = fileURLToPath(new URL("../ferretdb", import.meta.url));
const SOURCE_FILES = ["main.go", "go.mod", "go.sum"];

/**
 * FerretDB 1.24 on SQLite, a server of MongoDB's protocol: built once from its Go module. What is
 * written is in SQLite's files, and there after a crash of the process.
 */
export const ferretdb: Service & { provide(): Promise<RunningService> } = {
  name: "FerretDB",
  variable: "FERRETDB_URI",

  async provide() {
    const uri = process.env["FERRETDB_URI"];
    if (uri !== undefined)
      return { env: { MONGO_URI: uri, MONGO_DATABASE: "tetrad_tests" }, stop: async () => {} };
    return this.start();
  },

  async start(): Promise<OwnService> {
    const command = await build();
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), "tetrad-ferretdb-"));
    const server = await ServerProcess.start({
      command,
      args: [`127.0.0.1:${port}`, folder],
      isReady: () => answersAsMongo(port),
    });
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

async function build(): Promise<string> {
  const hash = createHash("sha256");
  for (const file of SOURCE_FILES) hash.update(await readFile(join(SOURCE, file)));
  const name = `ferretdb-${process.platform}-${process.arch}-${hash.digest("hex").slice(0, 12)}`;
  const folder = await cached(name, async (unfinished) => {
    const go = await findCommand("go");
    if (go === null) {
      throw new ServiceMissingError(
        "There is no Go here to build FerretDB with. Install Go 1.22 or later, or name a FerretDB in FERRETDB_URI.",
      );
    }
    for (const file of SOURCE_FILES) await copyFile(join(SOURCE, file), join(unfinished, file));
    try {
      await run(go, ["build", "-trimpath", "-o", "ferretdb", "."], { cwd: unfinished });
    } catch (cause) {
      throw new ServiceMissingError(`FerretDB could not be built: ${(cause as Error).message}`, { cause });
    }
  });
  return join(folder, "ferretdb");
}
