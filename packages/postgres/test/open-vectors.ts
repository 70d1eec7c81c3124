import { createStorage, registerStorage, type VectorStorage } from "@tetrad/core";
import { PGVectorStorage } from "@tetrad/postgres";
import { TestEmbedding } from "@tetrad/testkit";

import type { TestDatabase } from "./postgres-targets.ts";

registerStorage("VECTOR_STORAGE", "Vectors", { load: () => PGVectorStorage });

export interface VectorsToOpen {
  readonly dimension?: number;
  readonly modelName?: string;
  readonly namespace?: string;
  readonly workspace?: string;
  /** Variables beside those of the database. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Whether on a pool of its own, and not on that of the tests. */
  readonly hasOwnPool?: boolean;
  /** Takes the warnings. */
  readonly warnings?: string[];
}

export function openVectors(
  { env, options }: Pick<TestDatabase, "env" | "options">,
  wanted: VectorsToOpen = {},
): Promise<VectorStorage> {
  const { dimension = 8, namespace = "chunks", variables = {}, warnings = [] } = wanted;
  // The vectors of a workspace are of one model.
  const { workspace = wanted.modelName ?? "w" } = wanted;
  return createStorage("VECTOR_STORAGE", "Vectors", {
    namespace,
    workspace,
    embedding: new TestEmbedding(dimension, wanted.modelName),
    cosineThreshold: -1,
    logger: { debug() {}, info() {}, warn: (message) => void warnings.push(message), error() {} },
    ...(wanted.hasOwnPool === true ? {} : options),
    env: { ...env, ...variables },
  });
}

/** In how many directions vectors differ, whatever their dimension: as with those of a model. */
const DIRECTIONS = 8;

/** A vector of its own for each number, the same at every call. */
export function vectorOf(number: number, dimension = 8): Float32Array {
  const parts = Array.from({ length: DIRECTIONS }, (_, direction) =>
    scatter(number * DIRECTIONS + direction),
  );
  return Float32Array.from({ length: dimension }, (_, place) =>
    parts.reduce(
      (sum, part, direction) => sum + part * Math.cos((place + 1) * (direction + 1) * 1.7 + direction),
      0,
    ),
  );
}

/** Spreads integers over -1 to 1, in no order. Source: the finalizer of MurmurHash3. */
function scatter(seed: number): number {
  let bits = Math.imul(seed ^ (seed >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) / 2 ** 31;
}

/** Writes rows `r<number>`, and makes them durable. */
export async function loadRows(
  vectors: VectorStorage,
  count: number,
  { dimension = 8, first = 0 }: { readonly dimension?: number; readonly first?: number } = {},
): Promise<void> {
  const numbers = Array.from({ length: count }, (_, place) => first + place);
  await vectors.upsertVectors(
    numbers.map((number) => ({
      id: `r${number}`,
      vector: vectorOf(number, dimension),
      fields: { content: `row ${number}` },
    })),
  );
  await vectors.indexDoneCallback();
}

/** The rows of these numbers that are nearest, best first, with their scores. */
export function nearestOf(
  query: Float32Array,
  numbers: readonly number[],
): { readonly id: string; readonly distance: number }[] {
  return numbers
    .map((number) => ({ id: `r${number}`, distance: cosine(query, vectorOf(number, query.length)) }))
    .toSorted((a, b) => b.distance - a.distance);
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = a.reduce((sum, component, place) => sum + component * (b[place] ?? 0), 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}
