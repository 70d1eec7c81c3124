import { type GraphAttributes, isStorageError } from "@tetrad/core";

import { faultyGraphGuard, type GraphMutant } from "./graph-fault.ts";

/** The guarded reference with ids changed before they are checked. */
function givenIds(change: (id: string) => string): GraphMutant["open"] {
  return faultyGraphGuard((storage) => ({
    upsertNodesBatch: (nodes) =>
      storage.upsertNodesBatch(Array.from(nodes, ([id, attributes]) => [change(id), attributes])),
    upsertEdgesBatch: (edges) =>
      storage.upsertEdgesBatch(Array.from(edges, ([a, b, attributes]) => [change(a), change(b), attributes])),
  }));
}

const ID_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/takes-any-id",
    what: "ids that are no strings are made strings",
    caughtBy: ["graph/invalid-ids-are-refused"],
    open: givenIds(String),
  },
  {
    id: "graph/cuts-long-ids",
    what: "an id that is too long is cut",
    caughtBy: ["graph/invalid-ids-are-refused"],
    open: givenIds((id) => (typeof id === "string" ? Array.from(id).slice(0, 255).join("") : id)),
  },
  {
    id: "graph/cleans-ids",
    what: "characters that XML cannot hold are taken out of ids",
    caughtBy: ["graph/invalid-ids-are-refused"],
    // eslint-disable-next-line no-control-regex -- control characters are what is taken out
    open: givenIds((id) => (typeof id === "string" ? id.replaceAll(/[\u0001-\u001F]/g, "") : id)),
  },
  {
    id: "graph/names-empty-ids",
    what: "an empty id is given a name",
    caughtBy: ["graph/invalid-ids-are-refused"],
    open: givenIds((id) => (id === "" ? "empty" : id)),
  },
  {
    id: "graph/checks-one-end",
    what: "only the first end of an edge is checked",
    caughtBy: ["graph/invalid-ids-are-refused"],
    open: faultyGraphGuard((storage) => ({
      upsertEdgesBatch: (edges) =>
        storage.upsertEdgesBatch(
          Array.from(edges, ([a, b, attributes]) => [a, b === "" ? "unknown" : b, attributes]),
        ),
    })),
  },
  {
    id: "graph/writes-before-it-refuses",
    what: "the nodes and edges before one that is refused are written",
    caughtBy: ["graph/invalid-ids-are-refused", "graph/invalid-attributes-are-refused", "graph/entity-id"],
    open: faultyGraphGuard((storage) => ({
      async upsertNodesBatch(nodes) {
        for (const node of nodes) await storage.upsertNodesBatch([node]);
      },
      async upsertEdgesBatch(edges) {
        for (const edge of edges) await storage.upsertEdgesBatch([edge]);
      },
    })),
  },
];

const ENTITY_ID_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/no-entity-id",
    what: "a node read alone has no entity_id",
    caughtBy: ["graph/entity-id"],
    open: faultyGraphGuard((storage) => ({
      async getNode(id) {
        const node = await storage.getNode(id);
        if (node !== null) Reflect.deleteProperty(node, "entity_id");
        return node;
      },
    })),
  },
  {
    id: "graph/no-entity-id-among-nodes",
    what: "nodes() gives attributes without entity_id",
    caughtBy: ["graph/entity-id", "graph/iteration"],
    open: faultyGraphGuard((storage) => ({
      async *nodes(options) {
        for await (const [id, attributes] of storage.nodes(options)) {
          Reflect.deleteProperty(attributes, "entity_id");
          yield [id, attributes];
        }
      },
    })),
  },
  {
    id: "graph/corrects-entity-id",
    what: "an entity_id other than the node's id is corrected in silence",
    caughtBy: ["graph/entity-id"],
    open: faultyGraphGuard((storage) => ({
      upsertNode: (id, attributes) => storage.upsertNode(id, { ...attributes, entity_id: id }),
    })),
  },
  {
    id: "graph/renames-to-entity-id",
    what: "a node is stored under its entity_id",
    caughtBy: ["graph/entity-id"],
    open: faultyGraphGuard((storage) => ({
      upsertNode: (id, attributes) => storage.upsertNode(String(attributes["entity_id"] ?? id), attributes),
    })),
  },
];

/** The guarded reference with attributes changed before they are checked. */
function givenAttributes(change: (attributes: GraphAttributes) => GraphAttributes): GraphMutant["open"] {
  return faultyGraphGuard((storage) => ({
    upsertNode: (id, attributes) => storage.upsertNode(id, change(attributes)),
    upsertEdge: (a, b, attributes) => storage.upsertEdge(a, b, change(attributes)),
    upsertNodesBatch: (nodes) =>
      storage.upsertNodesBatch(Array.from(nodes, ([id, attributes]) => [id, change(attributes)])),
  }));
}

function eachValue(change: (value: unknown) => unknown): GraphMutant["open"] {
  return givenAttributes((attributes) =>
    Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, change(value) as typeof value]),
    ),
  );
}

function eachName(change: (name: string) => string): GraphMutant["open"] {
  return givenAttributes((attributes) =>
    Object.fromEntries(Object.entries(attributes).map(([name, value]) => [change(name), value])),
  );
}

const ATTRIBUTE_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/lists-as-text",
    what: "lists and objects are stored as their JSON text",
    caughtBy: ["graph/invalid-attributes-are-refused"],
    open: eachValue((value) => (typeof value === "object" && value !== null ? JSON.stringify(value) : value)),
  },
  {
    id: "graph/null-as-text",
    what: "null and undefined are stored as an empty text",
    caughtBy: ["graph/invalid-attributes-are-refused"],
    open: eachValue((value) => value ?? ""),
  },
  {
    id: "graph/functions-as-text",
    what: "a function is stored as its source",
    caughtBy: ["graph/invalid-attributes-are-refused"],
    open: eachValue((value) => (typeof value === "function" ? String(value) : value)),
  },
  {
    id: "graph/nan-as-text",
    what: "numbers that are not finite are stored as text",
    caughtBy: ["graph/invalid-attributes-are-refused"],
    open: eachValue((value) =>
      typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
    ),
  },
  {
    id: "graph/wraps-integers",
    what: "integers of more than 64 bits lose the bits that are too many",
    caughtBy: ["graph/invalid-attributes-are-refused"],
    open: eachValue((value) => (typeof value === "bigint" ? BigInt.asIntN(64, value) : value)),
  },
  {
    id: "graph/names-without-dots",
    what: "a dot in the name of an attribute becomes _",
    caughtBy: ["graph/invalid-attributes-are-refused"],
    open: eachName((name) => name.replaceAll(".", "_")),
  },
  {
    id: "graph/names-without-dollars",
    what: "a $ at the start of an attribute's name is taken away",
    caughtBy: ["graph/invalid-attributes-are-refused"],
    open: eachName((name) => name.replace(/^\$/, "")),
  },
  {
    id: "graph/names-the-nameless",
    what: "an attribute without a name is given one",
    caughtBy: ["graph/invalid-attributes-are-refused"],
    open: eachName((name) => (name === "" ? "unnamed" : name)),
  },
  {
    id: "graph/cleans-names",
    what: "characters that XML cannot hold are taken out of names",
    caughtBy: ["graph/invalid-attributes-are-refused"],
    // eslint-disable-next-line no-control-regex -- control characters are what is taken out
    open: eachName((name) => name.replaceAll(/[\u0000-\u001F]/g, "")),
  },
  {
    id: "graph/replaces-what-it-cleans",
    what: "characters that XML cannot hold become U+FFFD instead of being taken out",
    caughtBy: ["graph/cleaned-texts"],
    open: eachValue((value) =>
      typeof value === "string" ? value.toWellFormed().replaceAll("\u0001", "\uFFFD") : value,
    ),
  },
  {
    id: "graph/cleans-line-ends",
    what: "tabs and line ends are taken out with the other control characters",
    caughtBy: ["graph/cleaned-texts", "graph/hostile-texts"],
    open: eachValue((value) => (typeof value === "string" ? value.replaceAll(/[\t\n\r]/g, "") : value)),
  },
];

/** What a call gives, or something else where it refuses its arguments. */
async function unlessRefused<T>(call: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (isStorageError(error) && error.code.startsWith("INVALID_")) return otherwise;
    throw error;
  }
}

const ARGUMENT_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/no-node-of-any-id",
    what: "hasNode of what is no id is false",
    caughtBy: ["graph/invalid-arguments"],
    open: faultyGraphGuard((storage) => ({
      hasNode: (id) => unlessRefused(() => storage.hasNode(id), false),
    })),
  },
  {
    id: "graph/no-edge-of-any-id",
    what: "getEdge of what is no id is null",
    caughtBy: ["graph/invalid-arguments"],
    open: faultyGraphGuard((storage) => ({
      getEdge: (a, b) => unlessRefused(() => storage.getEdge(a, b), null),
    })),
  },
  {
    id: "graph/no-nodes-of-nothing",
    what: "getNodesBatch of nothing at all is empty",
    caughtBy: ["graph/invalid-arguments"],
    open: faultyGraphGuard((storage) => ({
      getNodesBatch: (ids) => unlessRefused(() => storage.getNodesBatch(ids), new Map()),
    })),
  },
  {
    id: "graph/a-text-is-a-pair",
    what: "a text is taken for the pair of its characters",
    caughtBy: ["graph/invalid-arguments"],
    open: faultyGraphGuard((storage) => ({
      getEdgesBatch: (pairs) => storage.getEdgesBatch(Array.from(pairs, ([a, b]) => [a, b])),
    })),
  },
  {
    id: "graph/half-a-pair-is-nothing",
    what: "removeEdges does nothing with what is no pair",
    caughtBy: ["graph/invalid-arguments"],
    open: faultyGraphGuard((storage) => ({
      removeEdges: (pairs) => unlessRefused(() => storage.removeEdges(pairs), undefined),
    })),
  },
  {
    id: "graph/no-attributes-are-empty",
    what: "attributes that are null are taken for none",
    caughtBy: ["graph/invalid-arguments"],
    open: faultyGraphGuard((storage) => ({
      upsertNode: (id, attributes) => storage.upsertNode(id, attributes ?? {}),
    })),
  },
  {
    id: "graph/a-list-of-attributes",
    what: "a list is taken for attributes",
    caughtBy: ["graph/invalid-arguments"],
    open: faultyGraphGuard((storage) => ({
      upsertEdge: (a, b, attributes) => storage.upsertEdge(a, b, { ...attributes }),
    })),
  },
];

/** Faults in what the guard of graphs refuses and adds. */
export const GRAPH_GUARD_MUTANTS: readonly GraphMutant[] = [
  ...ID_MUTANTS,
  ...ENTITY_ID_MUTANTS,
  ...ATTRIBUTE_MUTANTS,
  ...ARGUMENT_MUTANTS,
];
