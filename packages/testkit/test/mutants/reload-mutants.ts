import type { DocStatusRecord, StorageRecord, StorageType } from "@tetrad/core";
import type { RecordImplementation, StorageImplementationTypes } from "@tetrad/core/plugin";

import type { GraphMutant } from "./graph-fault.ts";
import { PREFIXES } from "./lifecycle-fault.ts";
import { collect, type Mutant } from "./mutant.ts";
import type { RecordType } from "./record-fault.ts";
import { openDurableDocuments, openTwoLevels } from "./two-level-storage.ts";
import { mapValues } from "./value-faults.ts";
import type { VectorMutant } from "./vector-fault.ts";

const BATCH = { batchSize: 1000 };

/** A backend on files whose data is not the same once it was read again. */
function reloading<Type extends StorageType>(
  type: Type,
  load: (storage: StorageImplementationTypes[Type]) => Promise<void>,
): Mutant<Type>["open"] {
  return (place, options) => openTwoLevels(type, place, options, { load });
}

async function rewriteRecords<Row extends object>(
  storage: RecordImplementation<Row, Row>,
  change: (value: unknown) => unknown,
): Promise<void> {
  const rows = await collect(storage.entries(BATCH));
  await storage.upsert(new Map(rows.map(([id, row]) => [id, mapValues(row, change)])));
}

const RECORD_CHANGES: readonly {
  name: string;
  what: string;
  caughtBy: string;
  readonly change: (value: unknown) => unknown;
}[] = [
  {
    name: "reads-large-integers-rounded",
    what: "integers beyond 2^53 are rounded when the file is read",
    caughtBy: "numbers",
    change: (value) => (typeof value === "bigint" ? Number(value) : value),
  },
  {
    name: "reads-texts-composed",
    what: "texts are brought into Unicode's composed form when the file is read",
    caughtBy: "hostile-texts",
    change: (value) => (typeof value === "string" ? value.normalize("NFC") : value),
  },
];

/** Records that change when they are read from a file. */
export function recordReloadMutants<Type extends RecordType>(type: Type): Mutant<Type>[] {
  const prefix = PREFIXES[type];
  return RECORD_CHANGES.map(({ name, what, caughtBy, change }) => ({
    id: `${prefix}/${name}`,
    what,
    caughtBy: [`${prefix}/${caughtBy}`],
    open: OPENERS[type](change),
  }));
}

const OPENERS: {
  readonly [Type in RecordType]: (change: (value: unknown) => unknown) => Mutant<Type>["open"];
} = {
  KV_STORAGE: (change) => (place, options) =>
    openTwoLevels("KV_STORAGE", place, options, {
      load: (storage) => rewriteRecords<StorageRecord>(storage, change),
    }),
  DOC_STATUS_STORAGE: (change) => (place, options) =>
    openDurableDocuments(place, options, {
      load: (storage) => rewriteRecords<DocStatusRecord>(storage, change),
    }),
};

/** Rows that change when they are read from a file. */
export const VECTOR_RELOAD_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/reads-rows-by-id",
    what: "rows come in the order of their ids when the file is read",
    caughtBy: ["vector/ties-in-insertion-order"],
    open: reloading("VECTOR_STORAGE", async (storage) => {
      const rows = await collect(storage.entries(BATCH));
      await storage.drop();
      await storage.upsertVectors(rows.sort((a, b) => (a.id < b.id ? -1 : 1)));
      await storage.indexDoneCallback?.({});
    }),
  },
  {
    id: "vector/reads-no-times",
    what: "the file does not hold when a row was made",
    caughtBy: ["vector/upsert-vectors"],
    open: reloading("VECTOR_STORAGE", async (storage) => {
      const rows = await collect(storage.entries(BATCH));
      await storage.upsertVectors(
        rows.map(({ id, vector, fields }) => ({ id, vector, fields: { ...fields, created_at: 0 } })),
      );
      await storage.indexDoneCallback?.({});
    }),
  },
  {
    id: "vector/reads-half-precision",
    what: "the file holds vectors with a few bits for each component",
    caughtBy: ["vector/nearest-of-many"],
    open: reloading("VECTOR_STORAGE", async (storage) => {
      const rows = await collect(storage.entries(BATCH));
      await storage.upsertVectors(
        rows.map((row) => ({
          ...row,
          vector: row.vector.map((component) => Math.round(component * 64) / 64),
        })),
      );
      await storage.indexDoneCallback?.({});
    }),
  },
];

/** Graphs that change when they are read from a file. */
export const GRAPH_RELOAD_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/reads-edges-only",
    what: "the file is a list of edges, in which nodes without edges are not",
    caughtBy: ["graph/node-edges", "graph/popular-labels"],
    open: reloading("GRAPH_STORAGE", async (storage) => {
      const edges = await collect(storage.edges(BATCH));
      const ends = new Set(edges.flatMap(([a, b]) => [a, b]));
      const nodes = await collect(storage.nodes(BATCH));
      await storage.removeNodes(nodes.map(([id]) => id).filter((id) => !ends.has(id)));
    }),
  },
  {
    id: "graph/reads-no-loops",
    what: "edges from a node to itself are lost when the file is read",
    caughtBy: ["graph/degrees", "graph/iteration"],
    open: reloading("GRAPH_STORAGE", async (storage) => {
      const edges = await collect(storage.edges(BATCH));
      await storage.removeEdges(edges.filter(([a, b]) => a === b).map(([a, b]) => [a, b]));
    }),
  },
  {
    id: "graph/reads-booleans-as-text",
    what: "true and false are text when the file is read",
    caughtBy: ["graph/attribute-types"],
    open: reloading("GRAPH_STORAGE", async (storage) => {
      const asText = (value: unknown): unknown => (typeof value === "boolean" ? String(value) : value);
      const nodes = await collect(storage.nodes(BATCH));
      await storage.upsertNodesBatch(nodes.map(([id, attributes]) => [id, mapValues(attributes, asText)]));
    }),
  },
  {
    id: "graph/reads-lines-turned",
    what: "line ends become LF when the file is read, as XML wants it",
    caughtBy: ["graph/hostile-texts"],
    open: reloading("GRAPH_STORAGE", async (storage) => {
      const turned = (value: unknown): unknown =>
        typeof value === "string" ? value.replaceAll(/\r\n?/g, "\n") : value;
      const nodes = await collect(storage.nodes(BATCH));
      await storage.upsertNodesBatch(nodes.map(([id, attributes]) => [id, mapValues(attributes, turned)]));
    }),
  },
];
