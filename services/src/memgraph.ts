import { dockerRun, hasDocker } from "./docker.js";
import { freePort } from "./free-port.js";
import { speaksBolt } from "./neo4j.js";
import { ServerProcess } from "./server-process.js";
import { type OwnService, type RunningService, type Service, ServiceMissingError } from "./service.js";

/** Memgraph: in a container. No package registry has it. */
export const memgraph: Service & { readonly isOptional: true; provide(): Promise<RunningService> } = {
  name: "Memgraph",
  variable: "MEMGRAPH_URI",
  isOptional: true,

  async provide() {
    const { MEMGRAPH_URI, MEMGRAPH_USERNAME = "", MEMGRAPH_PASSWORD = "" } = process.env;
    if (MEMGRAPH_URI === undefined) return this.start();
    return { env: { MEMGRAPH_URI, MEMGRAPH_USERNAME, MEMGRAPH_PASSWORD }, stop: async () => {} };
  },

  async start(): Promise<OwnService> {
    if (!(await hasDocker())) {
      throw new ServiceMissingError(
        "Memgraph is in no package registry. Start Docker, or name a server in MEMGRAPH_URI.",
      );
    }
    const port = await freePort();
    const server = await ServerProcess.start({
      ...dockerRun("memgraph/memgraph:3.1.1", { host: port, container: 7687 }),
      isReady: () => speaksBolt(port),
    });
    return {
      env: { MEMGRAPH_URI: `bolt://127.0.0.1:${port}` },
      kill: () => server.kill(),
      restart: () => server.start(),
      stop: () => server.stop(),
    };
  },
};
