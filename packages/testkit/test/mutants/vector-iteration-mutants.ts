import { toUnitLength } from "@tetrad/core/plugin";

import { faultyBuffer, faultyTable, type VectorMutant } from "./vector-fault.ts";

function doubled(vector: Float32Array): Float32Array {
  return vector.map((component) => component * 2);
}

const VECTOR_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/vectors-as-the-model-gave-them",
    what: "stored vectors come back with another length than 1",
    caughtBy: ["vector/unit-vectors"],
    open: faultyTable((table) => ({
      async getVectors(ids) {
        const found = await table.getVectors(ids);
        for (const [id, vector] of found) found.set(id, doubled(vector));
        return found;
      },
    })),
  },
  {
    id: "vector/buffered-vectors-as-the-model-gave-them",
    what: "buffered vectors come back with another length than 1",
    caughtBy: ["vector/unit-vectors"],
    open: faultyBuffer((storage, stored) => ({
      async getVectorsByIds(ids) {
        const known = await stored.getVectorsByIds(ids);
        const found = await storage.getVectorsByIds(ids);
        for (const [id, vector] of found) if (!known.has(id)) found.set(id, doubled(vector));
        return found;
      },
    })),
  },
  {
    id: "vector/zeros-for-unknown-ids",
    what: "an id that is not there has a vector of zeros",
    caughtBy: ["vector/unit-vectors"],
    open: faultyTable((table) => ({
      async getVectors(ids) {
        const found = await table.getVectors(ids);
        for (const id of ids) if (!found.has(id)) found.set(id, new Float32Array(8));
        return found;
      },
    })),
  },
  {
    id: "vector/no-vectors-of-buffered-rows",
    what: "getVectorsByIds does not see what is buffered",
    caughtBy: ["vector/unit-vectors"],
    open: faultyBuffer((_, stored) => ({ getVectorsByIds: (ids) => stored.getVectorsByIds(ids) })),
  },
  {
    id: "vector/vectors-as-lists",
    what: "vectors come back as lists of numbers",
    caughtBy: ["vector/unit-vectors"],
    open: faultyTable((table) => ({
      async getVectors(ids) {
        const found = await table.getVectors(ids);
        return new Map(Array.from(found, ([id, vector]) => [id, Array.from(vector) as never]));
      },
    })),
  },
  {
    id: "vector/vectors-in-half-precision",
    what: "vectors are kept with a few bits for each component",
    caughtBy: ["vector/unit-vectors", "vector/nearest-of-many"],
    open: faultyTable((table) => ({
      write: ({ deletedIds, rows }) =>
        table.write({
          deletedIds,
          rows: rows.map((row) => ({
            ...row,
            vector: toUnitLength(row.vector).map((component) => Math.round(component * 64) / 64),
          })),
        }),
    })),
  },
];

const ITERATION_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/entries-end-after-a-batch",
    what: "entries gives the first batch only",
    caughtBy: ["vector/entries-move-to-another-store"],
    open: faultyTable((table) => ({
      async *scan(options) {
        let count = 0;
        for await (const row of table.scan(options)) if (count++ < options.batchSize) yield row;
      },
    })),
  },
  {
    id: "vector/entries-as-the-model-gave-them",
    what: "entries gives vectors of another length than 1",
    caughtBy: ["vector/entries-move-to-another-store"],
    open: faultyTable((table) => ({
      async *scan(options) {
        for await (const { id, vector, fields } of table.scan(options))
          yield { id, vector: doubled(vector), fields };
      },
    })),
  },
  {
    id: "vector/entries-without-time",
    what: "entries does not say when a row was made",
    caughtBy: ["vector/entries-move-to-another-store"],
    open: faultyTable((table) => ({
      async *scan(options) {
        for await (const row of table.scan(options))
          yield { ...row, fields: { ...row.fields, created_at: 1 } };
      },
    })),
  },
  {
    id: "vector/entries-without-content",
    what: "entries leaves out the text a row was made from",
    caughtBy: ["vector/entries-move-to-another-store"],
    open: faultyTable((table) => ({
      async *scan(options) {
        for await (const { id, vector, fields } of table.scan(options)) {
          const { content: _, ...others } = fields;
          yield { id, vector, fields: others };
        }
      },
    })),
  },
  {
    id: "vector/entries-by-position",
    what: "the next batch of entries begins at a position, which deletes have moved",
    caughtBy: ["vector/entries-while-writing"],
    open: faultyTable((table, stored) => ({
      async *scan({ batchSize }) {
        for (let start = 0; start < stored.size; start += batchSize) {
          const rows = [];
          for await (const row of table.scan({ batchSize })) rows.push(row);
          yield* rows.slice(start, start + batchSize);
        }
      },
    })),
  },
  {
    id: "vector/entries-of-rewritten-rows",
    what: "a row that is deleted and written again comes a second time",
    caughtBy: ["vector/entries-while-writing"],
    open: faultyTable((_, stored) => ({
      async *scan() {
        for (const [id, { vector, fields, createdAt }] of stored)
          yield { id, vector: vector.slice(), fields: { ...structuredClone(fields), created_at: createdAt } };
      },
    })),
  },
];

/** Faults in vectors that are read, and in iterating over rows. */
export const VECTOR_ITERATION_MUTANTS: readonly VectorMutant[] = [...VECTOR_MUTANTS, ...ITERATION_MUTANTS];
