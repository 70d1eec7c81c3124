import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type StorageType } from "@tetrad/core";
import type { ServiceName } from "@tetrad/services";

import { neo4jPlace } from "./neo4j-place.js";

/** Where both sides keep the same data: a folder, or later a server with the variables that name it. */
export interface SharedPlace {
  readonly workingDir: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The workspace that stands for one of the tests' here, where places share a database. */
  readonly workspaceFor?: (workspace: string) => string;
  /** Removes everything. */
  remove(): Promise<void>;
}

/** A storage class that both sides have, under one name. */
export interface SharedBackend<Type extends StorageType = StorageType> {
  readonly type: Type;
  readonly name: string;
  /** Python modules that make LightRAG's class behave otherwise; it is tested without them too. */
  readonly variants?: readonly string[];
  /** The server it needs. */
  readonly service?: ServiceName;
  /** An empty place. */
  place(): Promise<SharedPlace>;
}

async function folder(): Promise<SharedPlace> {
  const workingDir = await mkdtemp(join(tmpdir(), "tetrad-interop-"));
  return { workingDir, remove: async () => rm(workingDir, { recursive: true, force: true }) };
}

/** Every backend that shares its data with LightRAG: each is tested by the tests of its kind. */
export const SHARED_BACKENDS: {
  readonly [Type in StorageType]: readonly [SharedBackend<Type>, ...SharedBackend<Type>[]];
} = {
  KV_STORAGE: [{ type: "KV_STORAGE", name: "JsonKVStorage", place: folder }],
  VECTOR_STORAGE: [{ type: "VECTOR_STORAGE", name: "NanoVectorDBStorage", place: folder }],
  GRAPH_STORAGE: [
    { type: "GRAPH_STORAGE", name: "NetworkXStorage", variants: ["lxml"], place: folder },
    { type: "GRAPH_STORAGE", name: "Neo4JStorage", service: "neo4j", place: () => neo4jPlace("neo4j") },
  ],
  DOC_STATUS_STORAGE: [{ type: "DOC_STATUS_STORAGE", name: "JsonDocStatusStorage", place: folder }],
};
