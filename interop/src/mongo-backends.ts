import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { StorageType } from "@tetrad/core";
import type { ServiceName } from "@tetrad/services";
import { askForService } from "@tetrad/services/vitest";
import { MongoClient } from "mongodb-6";

import type { SharedBackend, SharedPlace } from "./backends.js";

/** Whether a server can be had here. */
export async function hasServer(service: ServiceName): Promise<boolean> {
  return (await askForService(service)) !== null;
}

/** A class of LightRAG on MongoDB's protocol, each place in a database of its own on that server. */
export function mongoBackend<Type extends StorageType>(
  type: Type,
  name: string,
  service: ServiceName,
): SharedBackend<Type> {
  return { type, name, place: () => newDatabase(service) };
}

async function newDatabase(service: ServiceName): Promise<SharedPlace> {
  const { MONGO_URI } = (await askForService(service)) ?? {};
  if (MONGO_URI === undefined) throw new Error(`There is no ${service} here`);
  const MONGO_DATABASE = `interop_${randomUUID().slice(0, 8)}`;
  const workingDir = await mkdtemp(join(tmpdir(), "tetrad-interop-"));
  return {
    workingDir,
    env: { MONGO_URI, MONGO_DATABASE },
    async remove() {
      const client = new MongoClient(MONGO_URI);
      await client.db(MONGO_DATABASE).dropDatabase();
      await client.close();
      await rm(workingDir, { recursive: true, force: true });
    },
  };
}
