import type { StorageType } from "@tetrad/core";
import type { ServiceName } from "@tetrad/services";
import { askForService } from "@tetrad/services/vitest";
import { conformanceRuns } from "@tetrad/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type MongoDatabase, mongoTarget, openDatabase } from "./open-mongo.ts";

/** A case that a server cannot run, by its id, and why. */
export type Missing = Readonly<Record<string, string>>;

const BUILD_TIMEOUT = 600_000;
/** Each takes about a second there. */
const SEQUENCES = 12;
const TYPES = ["KV_STORAGE", "DOC_STATUS_STORAGE", "GRAPH_STORAGE", "VECTOR_STORAGE"] as const;

/**
 * The conformance suite on one server. Cases that it cannot run are run all the same and have to
 * fail: a table that says too much is found out.
 */
export function describeOnServer(service: ServiceName, label: string, missing: Missing): void {
  for (const type of TYPES) describeType(service, label, type, missing);
}

function describeType(service: ServiceName, label: string, type: StorageType, missing: Missing): void {
  describe(`${label}: ${type}`, () => {
    let database: MongoDatabase | undefined;
    // A server that is built first takes its time.
    beforeAll(async () => {
      const env = await askForService(service);
      if (env?.["MONGO_URI"] === undefined) return;
      const name = `conformance_${label.replaceAll(/\W/g, "_")}_${type}`.slice(0, 60).toLowerCase();
      database = openDatabase(env["MONGO_URI"], name);
    }, BUILD_TIMEOUT);
    afterAll(async () => {
      await database?.drop();
      await database?.close();
    });
    const opened = (): MongoDatabase => {
      if (database === undefined) throw new Error("There is no server");
      return database;
    };
    for (const run of conformanceRuns(type, mongoTarget(type, opened), { randomSequences: SEQUENCES })) {
      const reason = missing[run.id];
      const title = `${run.id} (${run.variant}): ${run.title}`;
      test(reason === undefined ? title : `${title}; not here: ${reason}`, async ({ skip }) => {
        if (database === undefined) return skip(`${label} cannot be had here`);
        // Whether chance comes by what the server lacks is not known.
        if (reason !== undefined && run.id.endsWith("/random-operations")) return skip(reason);
        const result = await run.run();
        if (reason !== undefined) return expect(result.status).toBe("failed");
        if (result.status === "failed") throw result.error;
        if (result.status === "unsupported") skip(result.reason);
      });
    }
  });
}
