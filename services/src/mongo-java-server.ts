import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { cached } from "./cache-folder.js";
import { findCommand } from "./find-command.js";
import { freePort } from "./free-port.js";
import { answersAsMongo, mongoVariables } from "./mongo-address.js";
import { ServerProcess } from "./server-process.js";
import { type OwnService, type RunningService, type Service, ServiceMissingError } from "./service.js";

const run = promisify(execFile);

const SOURCE = fileURLToPath(new URL("../mongo-java-server", import.meta.url));
const SOURCE_FILES = ["Main.java", "pom.xml"];

/**
 * mongo-java-server 1.47, a server of MongoDB's protocol in memory, from Maven Central. Driver 7
 * refuses it; driver 6 speaks to it. What it held is gone after a restart.
 */
export const mongoJavaServer: Service & { provide(): Promise<RunningService> } = {
  name: "mongo-java-server",
  variable: "MONGO_JAVA_SERVER_URI",

  async provide() {
    const uri = process.env["MONGO_JAVA_SERVER_URI"];
    if (uri !== undefined)
      return { env: { MONGO_URI: uri, MONGO_DATABASE: "tetrad_tests" }, stop: async () => {} };
    return this.start();
  },

  async start(): Promise<OwnService> {
    const folder = await build();
    const port = await freePort();
    const classPath = [join(folder, "classes"), join(folder, "lib", "*")].join(delimiter);
    const server = await ServerProcess.start({
      command: await findTool("java"),
      args: [
        "-Xmx256m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        classPath,
        "Main",
        String(port),
      ],
      isReady: () => answersAsMongo(port),
    });
    return {
      env: mongoVariables(port),
      kill: () => server.kill(),
      restart: () => server.start(),
      stop: () => server.stop(),
    };
  },
};

/** The server's libraries, and what starts it. */
async function build(): Promise<string> {
  const hash = createHash("sha256");
  for (const file of SOURCE_FILES) hash.update(await readFile(join(SOURCE, file)));
  return cached(`mongo-java-server-${hash.digest("hex").slice(0, 12)}`, async (folder) => {
    const [maven, compiler] = [await findTool("mvn"), await findTool("javac")];
    for (const file of SOURCE_FILES) await copyFile(join(SOURCE, file), join(folder, file));
    try {
      const libraries = ["dependency:copy-dependencies", "-DoutputDirectory=lib", "-DincludeScope=runtime"];
      await run(maven, ["-q", "-B", ...libraries], { cwd: folder });
      const classPath = join("lib", "*");
      await run(compiler, ["-cp", classPath, "-d", "classes", "Main.java"], { cwd: folder });
    } catch (cause) {
      throw new ServiceMissingError(`mongo-java-server could not be had: ${(cause as Error).message}`, {
        cause,
      });
    }
  });
}

async function findTool(name: string): Promise<string> {
  const found = await findCommand(name);
  if (found !== null) return found;
  throw new ServiceMissingError(
    `There is no ${name} here. Install a JDK of Java 17 or later, and Maven, or name a mongo-java-server in MONGO_JAVA_SERVER_URI.`,
  );
}
