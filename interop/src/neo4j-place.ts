import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ServiceName } from "@tetrad/services";
import { askForService } from "@tetrad/services/vitest";
import { auth, driver } from "neo4j-driver";

import type { SharedPlace } from "./backends.js";

/** Numbers that places of this process have: those of places gone are used again, with their indexes. */
const taken = new Set<number>();

/**
 * Workspaces of their own on a Neo4j that the test files of a run share: the community edition has
 * one database.
 */
export async function neo4jPlace(service: ServiceName): Promise<SharedPlace> {
  const env = await askForService(service);
  if (env === null) throw new Error("There is no Neo4j for this test");
  let number = 1;
  while (taken.has(number)) number += 1;
  taken.add(number);
  const suffix = ` in place ${process.pid}-${number}`;
  const workingDir = await mkdtemp(join(tmpdir(), "tetrad-interop-"));
  return {
    workingDir,
    env,
    workspaceFor: (workspace) => `${workspace === "" ? "default" : workspace}${suffix}`,
    async remove() {
      await deleteWorkspaces(env, suffix);
      await rm(workingDir, { recursive: true, force: true });
      taken.delete(number);
    },
  };
}

async function deleteWorkspaces(env: Readonly<Record<string, string>>, suffix: string): Promise<void> {
  const { NEO4J_URI = "", NEO4J_USERNAME = "", NEO4J_PASSWORD = "" } = env;
  const connection = driver(NEO4J_URI, auth.basic(NEO4J_USERNAME, NEO4J_PASSWORD));
  try {
    const query = "MATCH (n) WHERE any(label IN labels(n) WHERE label ENDS WITH $suffix) DETACH DELETE n";
    await connection.executeQuery(query, { suffix });
  } finally {
    await connection.close();
  }
}
