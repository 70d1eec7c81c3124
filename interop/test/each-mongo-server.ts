import type { ServiceName } from "@tetrad/services";
import { beforeAll, beforeEach, describe } from "vitest";

import { hasServer } from "../src/mongo-backends.ts";
import { hasLightRag } from "./use-lightrag.ts";

/** A server that is built first takes its time. */
const BUILD_TIMEOUT = 600_000;

const SERVERS = [
  ["FerretDB", "ferretdb"],
  ["mongo-java-server", "mongoJavaServer"],
] as const;

/** The tests, against each server that speaks MongoDB's protocol; reported as skipped where one cannot be had. */
export function describeEachMongoServer(title: string, define: (service: ServiceName) => void): void {
  describe.skipIf(!hasLightRag).each(SERVERS)(`${title} on %s`, (server, service) => {
    let isThere = false;
    beforeAll(async () => {
      isThere = await hasServer(service);
    }, BUILD_TIMEOUT);
    beforeEach(({ skip }) => {
      if (!isThere) skip(`${server} cannot be had here`);
    });
    define(service);
  });
}
