import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { dockerRun, hasDocker } from "./docker.js";
import { freePort } from "./free-port.js";
import { buildJavaProgram } from "./maven-jars.js";
import { ServerProcess } from "./server-process.js";
import { type OwnService, type RunningService, type Service, ServiceMissingError } from "./service.js";

export interface Neo4jOptions {
  /** With the procedures of APOC, which LightRAG uses where they are. */
  readonly apoc?: boolean;
}

const VERSION = "5.26.0";
const USERNAME = "neo4j";
/** Of servers that live as long as a test, on loopback. */
const PASSWORD = "tetrad-tests";
const HEAP = "-Xmx700m";
/** A JVM with much to load, on a machine with much to do. */
const START_TIMEOUT = 180_000;

const SOURCE = fileURLToPath(new URL("../java/Neo4jServer.java", import.meta.url));

/** Neo4j's community edition: in a container, or from Maven Central. */
export const neo4j: Service<Neo4jOptions> & { provide(): Promise<RunningService> } = {
  name: "Neo4j",
  variable: "NEO4J_URI",

  async provide() {
    const { NEO4J_URI, NEO4J_USERNAME = USERNAME, NEO4J_PASSWORD = "" } = process.env;
    if (NEO4J_URI === undefined) return this.start({});
    return { env: { NEO4J_URI, NEO4J_USERNAME, NEO4J_PASSWORD }, stop: async () => {} };
  },

  async start({ apoc = false }): Promise<OwnService> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), "tetrad-neo4j-"));
    try {
      const server = await startServer(port, folder, apoc);
      return {
        env: {
          NEO4J_URI: `bolt://127.0.0.1:${port}`,
          NEO4J_USERNAME: USERNAME,
          NEO4J_PASSWORD: PASSWORD,
        },
        kill: () => server.kill(),
        restart: () => server.start(),
        async stop() {
          await server.stop();
          await rm(folder, { recursive: true, force: true });
        },
      };
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  },
};

async function startServer(port: number, folder: string, apoc: boolean): Promise<ServerProcess> {
  if (await hasDocker()) {
    return ServerProcess.start({
      ...dockerRun(
        `neo4j:${VERSION}-community`,
        { host: port, container: 7687 },
        { options: containerOptions(folder, apoc) },
      ),
      isReady: () => speaksBolt(port),
      startTimeout: START_TIMEOUT,
    });
  }
  const program = await neo4jProgram(apoc);
  const plugins = apoc ? [await pluginFolder(program, folder)] : [];
  const classPath = [join(program, "classes"), join(program, "lib", "*")].join(":");
  // Short pauses are worth nothing here, and memory is.
  const java = [HEAP, "-XX:+UseSerialGC", "-cp", classPath, "Neo4jServer"];
  const data = join(folder, "data");
  return ServerProcess.start({
    command: "java",
    args: [...java, data, String(port), PASSWORD, ...plugins],
    isReady: async () => existsSync(join(data, "password-is-set")) && (await speaksBolt(port)),
    startTimeout: START_TIMEOUT,
  });
}

function containerOptions(folder: string, apoc: boolean): string[] {
  const user = process.getuid === undefined ? [] : ["--user", `${process.getuid()}:${process.getgid?.()}`];
  const variables = [`NEO4J_AUTH=${USERNAME}/${PASSWORD}`, "NEO4J_server_memory_heap_max__size=700m"];
  if (apoc) variables.push('NEO4J_PLUGINS=["apoc"]');
  return [...user, "--volume", `${folder}:/data`, ...variables.flatMap((each) => ["--env", each])];
}

async function neo4jProgram(apoc: boolean): Promise<string> {
  const artifacts = [`org.neo4j.test:neo4j-harness:${VERSION}`];
  if (apoc) {
    artifacts.push(`org.neo4j.procedure:apoc-core:${VERSION}`, `org.neo4j.procedure:apoc-common:${VERSION}`);
  }
  const name = apoc ? "neo4j-apoc" : "neo4j";
  const text = await readFile(SOURCE, "utf8");
  return buildJavaProgram({ name, artifacts, source: SOURCE, text }).catch((cause: unknown) => {
    throw new ServiceMissingError(
      `There is no Neo4j here. Name a server in NEO4J_URI, NEO4J_USERNAME and NEO4J_PASSWORD, or start Docker. ${String(cause)}`,
      { cause },
    );
  });
}

/** Neo4j looks for procedures in this folder, though their classes are on the class path too. */
async function pluginFolder(program: string, folder: string): Promise<string> {
  const plugins = join(folder, "plugins");
  await mkdir(plugins);
  const jars = (await readdir(join(program, "lib"))).filter((name) => name.startsWith("apoc-"));
  for (const jar of jars) await symlink(join(program, "lib", jar), join(plugins, jar));
  return plugins;
}

/** Bolt's greeting, with no version that anybody speaks: a server answers with four zero bytes. */
const GREETING = Buffer.from("6060b017" + "00".repeat(16), "hex");

/** Whether a server that speaks Bolt answers on a loopback port. */
export function speaksBolt(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.on("connect", () => socket.write(GREETING));
    socket.on("data", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(false));
  });
}

/** The same with APOC, of which LightRAG makes use where it finds it. */
export const neo4jWithApoc = {
  name: "Neo4j with APOC",
  provide: (): Promise<RunningService> => neo4j.start({ apoc: true }),
};
