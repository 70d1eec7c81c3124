import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { type StorageType } from "@tetrad/core";
import type { ServiceName } from "@tetrad/services";

import { neo4jPlace } from "./neo4j-place.js";
import { redisPlace } from "./redis-place.js";

const run = promisify(execFile);

const BUILD_FAISS_NODE = fileURLToPath(
  new URL("../../packages/faiss/dist/build-faiss-node.js", import.meta.url),
);

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
  /** Tells it from another entry of the same class. */
  readonly label?: string;
  /** Python modules that make LightRAG's class behave otherwise; it is tested without them too. */
  readonly variants?: readonly string[];
  /** The server it needs. */
  readonly service?: ServiceName;
  /** An empty place. */
  place(): Promise<SharedPlace>;
}

async function folder(env: Readonly<Record<string, string>> = {}): Promise<SharedPlace> {
  const workingDir = await mkdtemp(join(tmpdir(), "tetrad-interop-"));
  return { workingDir, env, remove: async () => rm(workingDir, { recursive: true, force: true }) };
}

let builtFaissNode: Promise<string> | undefined;

/** Where `faiss-node` is: where it is said to be, or built into the cache on first use. */
function faissNode(): Promise<string> {
  const named = process.env["FAISS_NODE_PATH"];
  builtFaissNode ??= named
    ? Promise.resolve(named)
    : run(process.execPath, [BUILD_FAISS_NODE]).then(({ stdout }) => stdout.trim());
  return builtFaissNode;
}

/** Every backend that shares its data with LightRAG: each is tested by the tests of its kind. */
export const SHARED_BACKENDS: {
  readonly [Type in StorageType]: readonly [SharedBackend<Type>, ...SharedBackend<Type>[]];
} = {
  KV_STORAGE: [
    { type: "KV_STORAGE", name: "JsonKVStorage", place: () => folder() },
    { type: "KV_STORAGE", name: "RedisKVStorage", service: "redis", place: redisPlace },
  ],
  VECTOR_STORAGE: [
    { type: "VECTOR_STORAGE", name: "NanoVectorDBStorage", place: () => folder() },
    {
      type: "VECTOR_STORAGE",
      name: "FaissVectorDBStorage",
      label: "FaissVectorDBStorage, portable",
      place: () => folder({ FAISS_ENGINE: "portable" }),
    },
    {
      type: "VECTOR_STORAGE",
      name: "FaissVectorDBStorage",
      label: "FaissVectorDBStorage, native",
      place: async () => folder({ FAISS_ENGINE: "native", FAISS_NODE_PATH: await faissNode() }),
    },
  ],
  GRAPH_STORAGE: [
    { type: "GRAPH_STORAGE", name: "NetworkXStorage", variants: ["lxml"], place: () => folder() },
    { type: "GRAPH_STORAGE", name: "Neo4JStorage", service: "neo4j", place: () => neo4jPlace("neo4j") },
  ],
  DOC_STATUS_STORAGE: [
    { type: "DOC_STATUS_STORAGE", name: "JsonDocStatusStorage", place: () => folder() },
    { type: "DOC_STATUS_STORAGE", name: "RedisDocStatusStorage", service: "redis", place: redisPlace },
  ],
};
