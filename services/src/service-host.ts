import { once } from "node:events";
import { createServer } from "node:http";

import type { TestProject } from "vitest/node";

import { type RunningService, ServiceMissingError } from "./service.js";
import { isServiceName, type ServiceName, SERVICES, type SharedService } from "./services.js";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where test files ask for servers. */
    serviceHost: string;
  }
}

/**
 * Before the tests of a project: test files run in processes of their own, and ask this one for the
 * servers they need, so that each is started once and only if it is needed, and ends with the run.
 */
export default async function hostServices(project: TestProject): Promise<() => Promise<void>> {
  const started = new Map<ServiceName, Promise<RunningService>>();
  const missing = new Map<string, string>();
  const server = createServer((request, response) => {
    const name = decodeURIComponent((request.url ?? "").slice(1));
    answer(name)
      .then((text) => response.end(text))
      .catch((error: unknown) => {
        response.statusCode = 500;
        response.end(error instanceof Error ? (error.stack ?? error.message) : String(error));
      });
  });

  async function answer(name: string): Promise<string> {
    if (!isServiceName(name)) throw new Error(`There is no service ${JSON.stringify(name)}`);
    const service: SharedService = SERVICES[name];
    let running = started.get(name);
    if (running === undefined) started.set(name, (running = service.provide()));
    try {
      return JSON.stringify({ env: (await running).env });
    } catch (error) {
      const isExpected = !process.env["CI"] || service.mayBeMissing === true;
      if (!(error instanceof ServiceMissingError) || !isExpected) throw error;
      missing.set(service.name, error.message);
      return JSON.stringify({ missing: error.message });
    }
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has a port");
  project.provide("serviceHost", `http://127.0.0.1:${address.port}`);
  return async () => {
    server.close();
    server.closeAllConnections();
    for (const [name, reason] of missing) console.warn(`\nSKIPPED: every test with ${name}. ${reason}\n`);
    for (const running of started.values()) await running.then((each) => each.stop()).catch(() => {});
  };
}
