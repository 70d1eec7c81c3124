import type { GraphAttribute, GraphAttributes } from "@tetrad/core";

import { faultyGraph, type GraphMutant, storingAttributes } from "./graph-fault.ts";
import {
  FIELD_FAULTS,
  ID_FAULTS,
  type IdFault,
  mapValues,
  NUMBER_FAULTS,
  TEXT_FAULTS,
  type ValueFault,
} from "./value-faults.ts";

function changing({ name, what, change }: ValueFault, caughtBy: string): GraphMutant {
  return {
    id: `graph/${name}`,
    what,
    caughtBy: [caughtBy],
    open: storingAttributes((attributes) => mapValues(attributes, change)),
  };
}

/** Each attribute changed when it is written. */
function eachAttribute(change: (value: GraphAttribute, name: string) => GraphAttribute): GraphMutant["open"] {
  return storingAttributes((attributes) =>
    Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [
        name,
        name === "entity_id" ? value : change(value, name),
      ]),
    ),
  );
}

/** Faults of records that no attribute of a graph shows: graphs have no such values. */
const OF_RECORDS_ONLY = new Set([
  "drops-control-characters",
  "loses-minus-zero",
  "large-doubles-as-integers",
  "flushes-to-zero",
  "nests-dotted-fields",
  "drops-dollar-fields",
  "drops-nameless-fields",
  "takes-number-fields-for-positions",
]);

function ofGraphs({ name }: ValueFault): boolean {
  return !OF_RECORDS_ONLY.has(name);
}

const TYPE_MUTANTS: readonly GraphMutant[] = [
  ...NUMBER_FAULTS.filter(ofGraphs).map((fault) => changing(fault, "graph/attribute-types")),
  {
    id: "graph/integers-of-32-bits",
    what: "integers are kept in 32 bits",
    caughtBy: ["graph/attribute-types"],
    open: eachAttribute((value) =>
      typeof value === "bigint" || Number.isSafeInteger(value)
        ? Number(BigInt.asIntN(32, BigInt(value)))
        : value,
    ),
  },
  {
    id: "graph/everything-is-text",
    what: "numbers come back as text",
    caughtBy: ["graph/attribute-types"],
    open: eachAttribute((value) => (typeof value === "number" ? String(value) : value)),
  },
  {
    id: "graph/booleans-as-text",
    what: "true and false come back as text",
    caughtBy: ["graph/attribute-types"],
    open: eachAttribute((value) => (typeof value === "boolean" ? String(value) : value)),
  },
  {
    id: "graph/booleans-as-numbers",
    what: "true and false come back as 1 and 0",
    caughtBy: ["graph/attribute-types"],
    open: eachAttribute((value) => (typeof value === "boolean" ? Number(value) : value)),
  },
  {
    id: "graph/drops-empty-texts",
    what: "an attribute that is an empty text is left out",
    caughtBy: ["graph/attribute-types"],
    open: storingAttributes((attributes) =>
      Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== "")),
    ),
  },
  {
    id: "graph/keeps-the-first-type",
    what: "an attribute keeps the type that it was first written with",
    caughtBy: ["graph/attribute-types"],
    open: faultyGraph((storage) => ({
      upsertNodesBatch: (nodes) =>
        storage.upsertNodesBatch(
          nodes.map(([id, given]) => {
            const stored = storage.nodeRows.get(id) ?? {};
            const isOfOldType = ([name, value]: [string, GraphAttribute]): boolean =>
              stored[name] === undefined || typeof stored[name] === typeof value;
            return [id, Object.fromEntries(Object.entries(given).filter(isOfOldType))];
          }),
        ),
    })),
  },
  {
    id: "graph/whole-weights-as-integers",
    what: "a weight without a fraction is an integer",
    caughtBy: ["graph/attribute-types"],
    open: faultyGraph((storage) => ({
      async upsertNodesBatch(nodes) {
        await storage.upsertNodesBatch(nodes);
        for (const [id, { weight }] of nodes)
          if (weight !== undefined) storage.nodeRows.set(id, { ...storage.nodeRows.get(id), weight });
      },
    })),
  },
];

function renamed(attributes: GraphAttributes, rename: (name: string) => string): GraphAttributes {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [rename(name), value]));
}

const NAME_MUTANTS: readonly GraphMutant[] = [
  ...FIELD_FAULTS.filter(ofGraphs).map((fault) => changing(fault, "graph/hostile-names")),
  {
    id: "graph/sanitises-names",
    what: "signs in the name of an attribute become _",
    caughtBy: ["graph/hostile-names"],
    open: storingAttributes((attributes) => renamed(attributes, (name) => name.replaceAll(/\W/gu, "_"))),
  },
  {
    id: "graph/quotes-in-names",
    what: "a quote in the name of an attribute is escaped once too often",
    caughtBy: ["graph/hostile-names"],
    open: storingAttributes((attributes) => renamed(attributes, (name) => name.replaceAll("`", "``"))),
  },
  ...["id", "source", "target", "label", "key"].map((taken): GraphMutant => ({
    id: `graph/takes-${taken}-for-itself`,
    what: `an attribute called ${taken} is lost, since the backend has a field of that name`,
    caughtBy: ["graph/hostile-names"],
    open: storingAttributes((attributes) =>
      Object.fromEntries(Object.entries(attributes).filter(([name]) => name !== taken)),
    ),
  })),
];

/** Nodes and edges under folded ids. */
function folding({ name, what, fold }: IdFault): GraphMutant {
  return {
    id: `graph/${name}`,
    what,
    caughtBy: ["graph/hostile-ids"],
    open: faultyGraph((storage) => ({
      upsertNodesBatch: (nodes) =>
        storage.upsertNodesBatch(nodes.map(([id, attributes]) => [fold(id), attributes])),
      upsertEdgesBatch: (edges) =>
        storage.upsertEdgesBatch(edges.map(([a, b, attributes]) => [fold(a), fold(b), attributes])),
      async getNodesBatch(ids) {
        const found = await storage.getNodesBatch(ids.map(fold));
        return new Map(
          ids.flatMap((id): [string, GraphAttributes][] => {
            const attributes = found.get(fold(id));
            return attributes === undefined ? [] : [[id, { ...attributes }]];
          }),
        );
      },
      getEdgesBatch: (pairs) => storage.getEdgesBatch(pairs.map(([a, b]) => [fold(a), fold(b)])),
    })),
  };
}

const ID_MUTANTS: readonly GraphMutant[] = [
  ...ID_FAULTS.map(folding),
  {
    id: "graph/ids-in-statements",
    what: "an id with a quote breaks the statement that it is put into",
    caughtBy: ["graph/hostile-ids"],
    open: faultyGraph((storage) => ({
      async upsertNodesBatch(nodes) {
        for (const [id] of nodes) if (id.includes("'")) throw new SyntaxError("unterminated quoted string");
        await storage.upsertNodesBatch(nodes);
      },
    })),
  },
];

/** Faults in what becomes of attributes and ids. */
export const GRAPH_ATTRIBUTE_MUTANTS: readonly GraphMutant[] = [
  ...TYPE_MUTANTS,
  ...TEXT_FAULTS.filter(ofGraphs).map((fault) => changing(fault, "graph/hostile-texts")),
  ...NAME_MUTANTS,
  ...ID_MUTANTS,
];
