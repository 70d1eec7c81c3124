import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  createStorage,
  type CreateStorageOptions,
  type Embedding,
  registerStorage,
  type VectorStorage,
} from "@tetrad/core";
import { FaissVectorDBStorage } from "@tetrad/faiss";
import { afterEach, beforeEach } from "vitest";

export const DIMENSION = 4;

/** A pair of two rows in the form that LightRAG 1.5.7 writes. */
export const LIGHTRAG: { readonly index: Buffer; readonly meta: string } = {
  index: Buffer.from(
    "4978464904000000020000000000000000001000000000000000100000000000010000000008000000000000" +
      "0037ee35bf00fba43e4d5c42beea8c183f6a729abedf29aebecbcd183f023c293f",
    "hex",
  ),
  meta: String.raw`{"0": {"__id__": "rel-1", "__created_at__": 1795216819, "__write_seq__": 1795216819831837554, "tgt_id": "B\u00f8b", "src_id": "Alice", "file_path": "a.txt", "content": "k\tAlice\nBob\nd", "source_id": "chunk-1"}, "1": {"__id__": "rel-2", "__created_at__": 1795216819, "__write_seq__": 1795216819831837554, "tgt_id": "D", "src_id": "C", "content": "cd", "source_id": "chunk-2"}}`,
};

export const embedding: Embedding = {
  dimension: DIMENSION,
  embed: async (texts) => texts.map((text) => [text.length, text.charCodeAt(0), 2, 3]),
};

/** A folder with a pair in it, and what a test does there. */
export interface PairFolder {
  readonly path: string;
  readonly warnings: string[];
  open(options?: Partial<CreateStorageOptions> & Record<string, unknown>): Promise<VectorStorage>;
  readIndex(): Promise<Buffer>;
  readMeta(): Promise<string>;
  write(files: { readonly index?: Uint8Array; readonly meta?: string }): Promise<void>;
}

export const INDEX = "faiss_index_relationships.index";
export const META = `${INDEX}.meta.json`;

/** A new folder for each test around it. */
export function usePairFolder(): PairFolder {
  let path = "";
  const opened: VectorStorage[] = [];
  const warnings: string[] = [];
  registerStorage(
    "VECTOR_STORAGE",
    "FaissVectorDBStorage",
    { load: () => FaissVectorDBStorage },
    { replace: true },
  );
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "tetrad-faiss-test-"));
    warnings.length = 0;
  });
  afterEach(async () => {
    for (const storage of opened.splice(0)) await storage.finalize({ pending: "discard" }).catch(() => {});
    await rm(path, { recursive: true });
  });
  return {
    get path() {
      return path;
    },
    warnings,
    async open({ env = {}, ...options } = {}) {
      const storage = await createStorage("VECTOR_STORAGE", "FaissVectorDBStorage", {
        namespace: "relationships",
        workspace: "",
        workingDir: path,
        embedding,
        cosineThreshold: -1,
        env: { TETRAD_SNAPSHOT: "commit", TETRAD_DURABILITY: "process", ...env },
        logger: { debug() {}, info() {}, error() {}, warn: (message: string) => void warnings.push(message) },
        ...options,
      });
      opened.push(storage);
      return storage;
    },
    readIndex: () => readFile(join(path, INDEX)),
    readMeta: () => readFile(join(path, META), "utf8"),
    async write({ index, meta }) {
      if (index !== undefined) await writeFile(join(path, INDEX), index);
      if (meta !== undefined) await writeFile(join(path, META), meta);
    },
  };
}

/** The pair as LightRAG reads it: each id with its vector, whatever stands there. */
export function lightRagView(index: Buffer, meta: string): Map<string, number[]> {
  const dimension = index.readInt32LE(4);
  const count = Number(index.readBigInt64LE(8));
  const rows = JSON.parse(meta) as Record<string, { __id__: string }>;
  return new Map(
    Object.entries(rows).flatMap(([place, row]): [string, number[]][] => {
      if (Number(place) >= count) return [];
      const start = 45 + Number(place) * dimension * 4;
      const vector = Array.from({ length: dimension }, (_, component) =>
        index.readFloatLE(start + component * 4),
      );
      return [[row.__id__, vector]];
    }),
  );
}
