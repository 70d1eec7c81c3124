import type { GraphAttributes, NodeAttributes } from "@tetrad/core";
import { HOSTILE_IDS, HOSTILE_TEXTS } from "@tetrad/testkit";
import fc from "fast-check";
import { expect } from "vitest";

import { SHARED_BACKENDS } from "../src/backends.ts";
import type { SharedGraphStorage } from "../src/shared-contracts.ts";
import { availableBackends } from "./available-backends.ts";
import { describeSharedData } from "./shared-data-tests.ts";
import { operation, type SharedKind, type SharedOperation } from "./shared-kind.ts";

const IDS = ["a", "b", "c", "10", "9", "漢字", "😀", "Ｚ", "__proto__"];
/** Without a carriage return, which LightRAG turns into a line feed in `entity_id`. */
const KEPT_IDS = HOSTILE_IDS.filter((id) => !id.includes("\r"));
const ALL_IDS = [...new Set([...IDS, ...KEPT_IDS, "absent"])];
const PAIRS = IDS.flatMap((a) => IDS.map((b) => [a, b] as const));
const SEARCHES = ["a", "A", "learning", "漢", "", "0", "'", "x"];

/** GraphML holds no control characters, and a carriage return only where LightRAG does not write it. */
const TEXTS = HOSTILE_TEXTS.filter((text) =>
  Array.from(text).every((character) => character >= " " || character === "\t" || character === "\n"),
);

type Edge = readonly [ends: string, attributes: GraphAttributes];

interface Subgraph {
  readonly nodes: readonly (readonly [string, readonly string[], GraphAttributes])[];
  readonly edges: readonly Edge[];
}

interface Seen {
  readonly labels: readonly string[];
  readonly nodes: ReadonlyMap<string, NodeAttributes>;
  readonly edges: readonly Edge[];
  readonly has: readonly (readonly [boolean, readonly boolean[]])[];
  readonly single: readonly (readonly [NodeAttributes | null, number, readonly string[] | null])[];
  readonly batch: readonly unknown[];
  readonly pairs: readonly unknown[];
  readonly popular: readonly (readonly string[])[];
  readonly found: readonly (readonly string[])[];
  readonly subgraphs: readonly Subgraph[];
}

/** An edge under its ends in either direction. */
function edgeOf(a: string, b: string, attributes: GraphAttributes): Edge {
  return [JSON.stringify([a, b].sort()), attributes];
}

function byName<T extends readonly [string, ...unknown[]]>(items: readonly T[]): T[] {
  return items.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function ends(edges: readonly (readonly [string, string])[] | null | undefined): string[] | null {
  return edges?.map((edge) => JSON.stringify(edge)).sort() ?? null;
}

async function subgraph(storage: SharedGraphStorage, label: string, maxDepth: number, maxNodes: number) {
  const { nodes, edges } = await storage.getKnowledgeGraph(label, { maxDepth, maxNodes });
  return {
    nodes: byName(nodes.map(({ id, labels, properties }) => [id, labels, properties] as const)),
    edges: byName(edges.map(({ source, target, properties }) => edgeOf(source, target, properties))),
  };
}

const attributes: fc.Arbitrary<GraphAttributes> = fc.dictionary(
  fc.constantFrom("description", "source_id", "created_at", "漢字", "constructor"),
  fc.oneof(
    fc.constantFrom(...TEXTS.slice(0, 30), true, false),
    fc.integer(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double({ noNaN: true, noDefaultInfinity: true, noInteger: true }),
  ),
);
const weighted = fc
  .tuple(attributes, fc.constantFrom(0, 1, 2.5, 1e-7))
  .map(([others, weight]): GraphAttributes => ({ ...others, weight }));
const ids = fc.constantFrom(...IDS);

/** What cannot be compared with LightRAG on a server; the tests of the differences show it. */
interface Comparable {
  /** Ids that are also asked for one by one: each takes a dozen round trips. */
  readonly single: readonly string[];
  /** LightRAG counts a loop once there. */
  readonly loops: boolean;
  /** LightRAG finds other labels there. */
  readonly search: boolean;
  /** LightRAG cuts a neighbourhood elsewhere there. */
  readonly truncated: boolean;
  readonly sequences?: number;
}

const ON_FILES: Comparable = { single: IDS, loops: true, search: true, truncated: true };
const ON_NEO4J: Comparable = {
  single: IDS.slice(0, 3),
  loops: false,
  search: false,
  truncated: false,
  sequences: 3,
};

const operationsWith = (loops: boolean) => {
  const ends = fc.tuple(ids, ids).filter(([a, b]) => loops || a !== b);
  return fc.oneof<fc.Arbitrary<SharedOperation<"GRAPH_STORAGE">>[]>(
    operation("upsertNode", fc.tuple(ids, attributes), async (storage, [id, given]) =>
      storage.upsertNode(id, { ...given, entity_id: id }),
    ),
    operation("upsertEdge", fc.tuple(ends, weighted), async (storage, [[a, b], given]) =>
      storage.upsertEdge(a, b, given),
    ),
    operation(
      "upsertEdgesBatch",
      fc.array(fc.tuple(ends, weighted), { maxLength: 4 }),
      async (storage, edges) => storage.upsertEdgesBatch(edges.map(([[a, b], given]) => [a, b, given])),
    ),
    operation("deleteNode", ids, async (storage, id) => storage.deleteNode(id)),
    operation("removeNodes", fc.array(ids, { maxLength: 3 }), async (storage, list) =>
      storage.removeNodes(list),
    ),
    operation("removeEdges", fc.array(fc.tuple(ids, ids), { maxLength: 4 }), async (storage, pairs) =>
      storage.removeEdges(pairs),
    ),
  );
};

const graphKind = (comparable: Comparable): SharedKind<"GRAPH_STORAGE", Seen> => ({
  options: { namespace: "chunk_entity_relation" },
  turns: [
    async (storage) => {
      await storage.upsertNodesBatch(
        KEPT_IDS.map((id, index) => [
          id,
          { entity_id: id, description: TEXTS[index % TEXTS.length] ?? "", rank: index },
        ]),
      );
      await storage.upsertNode("a", {
        entity_id: "a",
        ...Object.fromEntries(TEXTS.map((text, index) => [`text ${index}`, text])),
        long: 9_223_372_036_854_775_807n,
        negative: -(2n ** 63n),
        half: 0.5,
        small: 1e-7,
        large: 1.5e300,
        yes: true,
        no: false,
      });
      await storage.upsertEdgesBatch(
        KEPT_IDS.filter((id) => id !== "a").map((id) => ["a", id, { weight: 1, description: `a and ${id}` }]),
      );
      if (comparable.loops) await storage.upsertEdge("a", "a", { weight: 0.5, keywords: "a loop" });
    },
    async (storage) => {
      await storage.upsertEdge("b", "c", { weight: 2, created_at: 1_795_216_928 });
      await storage.upsertEdge("c", "b", { weight: 3, description: "the other way round" });
      await storage.upsertNode("a", { entity_id: "a", description: "merged" });
      await storage.removeNodes(["__proto__", "absent"]);
      await storage.removeEdges([
        ["10", "a"],
        ["a", "absent"],
      ]);
    },
    async (storage) => {
      await storage.deleteNode("a");
      await storage.upsertEdge("漢字", "😀", { weight: 1e-7, keywords: "漢,字" });
      await storage.upsertEdge("b", "漢字", { weight: 7 });
    },
    async (storage) => storage.removeNodes(ALL_IDS),
    async (storage) => storage.upsertNode("b", { entity_id: "b", description: "first again" }),
  ],
  operations: operationsWith(comparable.loops),
  ...(comparable.sequences === undefined ? {} : { sequences: comparable.sequences }),
  async observe(storage) {
    const nodes: [string, NodeAttributes][] = [];
    for await (const node of storage.nodes()) nodes.push(node);
    const edges: Edge[] = [];
    for await (const [a, b, given] of storage.edges()) edges.push(edgeOf(a, b, given));
    return {
      labels: await storage.getAllLabels(),
      nodes: new Map(byName(nodes)),
      edges: byName(edges),
      has: await Promise.all(
        comparable.single.map(
          async (id) =>
            [
              await storage.hasNode(id),
              await Promise.all(comparable.single.map(async (other) => storage.hasEdge(id, other))),
            ] as const,
        ),
      ),
      single: await Promise.all(
        comparable.single.map(
          async (id) =>
            [
              await storage.getNode(id),
              await storage.nodeDegree(id),
              ends(await storage.getNodeEdges(id)),
            ] as const,
        ),
      ),
      batch: [
        await storage.getNodesBatch(ALL_IDS),
        await storage.nodeDegreesBatch(ALL_IDS),
        new Map(Array.from(await storage.getNodesEdgesBatch(ALL_IDS), ([id, list]) => [id, ends(list)])),
        await storage.hasNodesBatch(ALL_IDS),
      ],
      pairs: [
        await storage.getEdgesBatch(PAIRS),
        await storage.edgeDegreesBatch(PAIRS),
        await storage.getEdge("b", "c"),
        await storage.edgeDegree("b", "a"),
      ],
      popular: [await storage.getPopularLabels(), await storage.getPopularLabels(3)],
      found: await Promise.all(
        (comparable.search ? SEARCHES : []).flatMap((query) => [
          storage.searchLabels(query),
          storage.searchLabels(query, 2),
        ]),
      ),
      subgraphs: await Promise.all(
        ["*", "a", "b", "漢字", "absent"].flatMap((label) => [
          subgraph(storage, label, 1, 1000),
          subgraph(storage, label, 3, 1000),
          ...(comparable.truncated ? [subgraph(storage, label, 2, 4)] : []),
        ]),
      ),
    };
  },
  expectSame: (tetrad, python) => expect(tetrad).toEqual(python),
  withoutStamps: (seen) => seen,
});

for (const backend of await availableBackends(SHARED_BACKENDS.GRAPH_STORAGE))
  describeSharedData(backend, graphKind(backend.service === undefined ? ON_FILES : ON_NEO4J));
