import type { StorageRecord, StoredVectorRecord } from "@tetrad/core";
import type { VectorChanges } from "@tetrad/core/plugin";

import {
  FIELD_FAULTS,
  ID_FAULTS,
  type IdFault,
  JSON_FAULTS,
  mapValues,
  NUMBER_FAULTS,
  TEXT_FAULTS,
  type ValueFault,
} from "./value-faults.ts";
import { faultyTable, misconfigured, type VectorMutant } from "./vector-fault.ts";

/** Rows whose fields are changed when they are written. */
function storing(change: (fields: StorageRecord) => StorageRecord): VectorMutant["open"] {
  return faultyTable((table) => ({
    write: ({ deletedIds, rows }) =>
      table.write({ deletedIds, rows: rows.map((row) => ({ ...row, fields: change(row.fields) })) }),
  }));
}

function changing({ name, what, change }: ValueFault, caughtBy: string): VectorMutant {
  return {
    id: `vector/${name}`,
    what,
    caughtBy: [caughtBy],
    open: storing((fields) => mapValues(fields, change)),
  };
}

/** Rows under folded ids. */
function folding({ name, what, fold }: IdFault): VectorMutant {
  return {
    id: `vector/${name}`,
    what,
    caughtBy: ["vector/hostile-values"],
    open: faultyTable((table) => {
      const folded = ({ deletedIds, rows }: VectorChanges): VectorChanges => ({
        deletedIds: deletedIds.map(fold),
        rows: rows.map((row) => ({ ...row, id: fold(row.id) })),
      });
      return {
        write: (changes) => table.write(folded(changes)),
        async getRecords(ids) {
          const found = await table.getRecords(ids.map(fold));
          return found.map((record, index) => (record === null ? null : { ...record, id: ids[index] ?? "" }));
        },
      };
    }),
  };
}

const VALUE_MUTANTS: readonly VectorMutant[] = [
  ...TEXT_FAULTS.map((fault) => changing(fault, "vector/hostile-values")),
  ...NUMBER_FAULTS.map((fault) => changing(fault, "vector/hostile-values")),
  ...JSON_FAULTS.map((fault) => changing(fault, "vector/fields-are-kept")),
  ...FIELD_FAULTS.map((fault) => changing(fault, "vector/fields-are-kept")),
  ...ID_FAULTS.map(folding),
  {
    id: "vector/filters-by-text",
    what: "an id with a quote ends the filter that it is put into",
    caughtBy: ["vector/hostile-values"],
    open: faultyTable((table) => ({
      search: (queries, topK, options) =>
        table.search(queries, topK, { ...options, ids: options.ids?.map((id) => id.split('"')[0] ?? id) }),
    })),
  },
];

const FIELD_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/merges-fields",
    what: "an upsert keeps the fields that the new row does not have",
    caughtBy: ["vector/upsert-replaces"],
    open: faultyTable((table, stored) => ({
      write: ({ deletedIds, rows }) =>
        table.write({
          deletedIds,
          rows: rows.map((row) => ({ ...row, fields: { ...stored.get(row.id)?.fields, ...row.fields } })),
        }),
    })),
  },
  {
    id: "vector/keeps-the-first-vector",
    what: "an upsert replaces the fields and not the vector",
    caughtBy: ["vector/upsert-replaces"],
    open: faultyTable((table, stored) => ({
      write: ({ deletedIds, rows }) =>
        table.write({
          deletedIds,
          rows: rows.map((row) => ({ ...row, vector: stored.get(row.id)?.vector ?? row.vector })),
        }),
    })),
  },
  {
    id: "vector/appends-versions",
    what: "a row that is written again is two rows",
    caughtBy: ["vector/upsert-replaces"],
    open: faultyTable((table) => {
      let versions = 0;
      return {
        async write(changes) {
          const before = await table.count();
          await table.write(changes);
          versions += before + changes.rows.length - (await table.count());
        },
        count: async () => (await table.count()) + versions,
      };
    }),
  },
  {
    id: "vector/moves-rewritten-rows",
    what: "a row that is written again loses its place among equals",
    caughtBy: ["vector/upsert-replaces"],
    open: faultyTable((table, stored) => ({
      async write(changes) {
        for (const { id } of changes.rows) stored.delete(id);
        await table.write(changes);
      },
    })),
  },
  {
    id: "vector/keeps-every-field",
    what: "LightRAG's lists of fields are not gone by",
    caughtBy: ["vector/lightrag-meta-fields"],
    open: misconfigured(({ namespace }) => ({ namespace: `own_${namespace}` })),
  },
  {
    id: "vector/meta-fields-of-entities-only",
    what: "relations have the fields of entities",
    caughtBy: ["vector/lightrag-meta-fields"],
    open: misconfigured(({ metaFields, namespace }) => ({
      metaFields:
        metaFields ??
        (namespace === "notes" || namespace === "other"
          ? undefined
          : ["entity_name", "source_id", "content", "file_path"]),
    })),
  },
  {
    id: "vector/ignores-meta-fields",
    what: "metaFields is not gone by",
    caughtBy: ["vector/own-meta-fields"],
    open: misconfigured(() => ({ metaFields: undefined })),
  },
  {
    id: "vector/always-keeps-content",
    what: "content is kept although it is not among metaFields",
    caughtBy: ["vector/own-meta-fields"],
    open: misconfigured(({ metaFields }) => ({
      metaFields: metaFields === undefined ? undefined : ["content", ...metaFields],
    })),
  },
];

/** Reads that give something else of a record. */
function reading(change: (record: StoredVectorRecord) => StoredVectorRecord): VectorMutant["open"] {
  return faultyTable((table) => ({
    getRecords: async (ids) =>
      (await table.getRecords(ids)).map((record) => (record === null ? null : change(record))),
  }));
}

const SHARING_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/gives-its-own-fields",
    what: "reads give the stored values themselves",
    caughtBy: ["vector/records-are-not-shared"],
    open: faultyTable((_, stored) => ({
      getRecords: async (ids) =>
        ids.map((id) => {
          const row = stored.get(id);
          return row === undefined ? null : { ...row.fields, id, created_at: row.createdAt };
        }),
    })),
  },
  {
    id: "vector/matches-are-its-own-fields",
    what: "matches hold the stored values themselves",
    caughtBy: ["vector/records-are-not-shared"],
    open: faultyTable((table, stored) => ({
      async search(queries, topK, options) {
        const found = await table.search(queries, topK, options);
        return found.map((matches) =>
          matches.map((match) => ({ ...match, ...stored.get(match.id)?.fields })),
        );
      },
    })),
  },
  {
    id: "vector/gives-its-own-vectors",
    what: "getVectorsByIds gives the stored vectors themselves",
    caughtBy: ["vector/records-are-not-shared"],
    open: faultyTable((table, stored) => ({
      async getVectors(ids) {
        const found = await table.getVectors(ids);
        for (const id of found.keys()) found.set(id, stored.get(id)?.vector ?? new Float32Array());
        return found;
      },
    })),
  },
  {
    id: "vector/iterates-its-own-vectors",
    what: "entries gives the stored vectors themselves",
    caughtBy: ["vector/records-are-not-shared"],
    open: faultyTable((_, stored) => ({
      async *scan() {
        for (const [id, { vector, fields, createdAt }] of stored)
          yield { id, vector, fields: { ...structuredClone(fields), created_at: createdAt } };
      },
    })),
  },
  {
    id: "vector/iterates-its-own-fields",
    what: "entries gives the stored values themselves",
    caughtBy: ["vector/records-are-not-shared"],
    open: faultyTable((_, stored) => ({
      async *scan() {
        for (const [id, { vector, fields, createdAt }] of stored)
          yield { id, vector: vector.slice(), fields: { ...fields, created_at: createdAt } };
      },
    })),
  },
  {
    id: "vector/reads-without-content",
    what: "reads leave out the text a row was made from",
    caughtBy: ["vector/get-by-ids-is-aligned", "vector/upsert-replaces"],
    open: reading(({ id, created_at }) => ({ id, created_at })),
  },
  {
    id: "vector/rows-of-now",
    what: "the time that a row brings is replaced by that of the write",
    caughtBy: ["vector/upsert-vectors"],
    open: faultyTable((table) => {
      const now = Math.floor(Date.now() / 1000) + 100;
      return {
        write: ({ deletedIds, rows }) =>
          table.write({ deletedIds, rows: rows.map((row) => ({ ...row, createdAt: now })) }),
      };
    }),
  },
];

/** Faults in what is kept of a row. */
export const VECTOR_ROW_MUTANTS: readonly VectorMutant[] = [
  ...VALUE_MUTANTS,
  ...FIELD_MUTANTS,
  ...SHARING_MUTANTS,
];
