import { describe, expect, test } from "vitest";

import { intercepted } from "./fixtures/intercepted-driver.ts";
import { env, useWorkspaces } from "./fixtures/workspaces.ts";

describe.skipIf(env === null)("the data of Neo4JStorage", () => {
  const workspaces = useWorkspaces();
  const { open, query } = workspaces;

  test("has the labels, types and properties of LightRAG", async () => {
    const storage = await open("shape");
    await storage.upsertNode("Alice", {
      entity_type: "person",
      created_at: 1_700_000_000,
      score: 0.5,
      rank: 2n ** 60n,
    });
    await storage.upsertEdge("Alice", "Bob", { weight: 1, created_at: 1, keywords: "k" });
    await storage.upsertEdge("Bob", "Alice", { weight: 5 });
    expect(
      await query(
        "MATCH (n:shape {entity_id: 'Alice'}) RETURN labels(n), keys(n), valueType(n.created_at), valueType(n.score), valueType(n.rank)",
      ),
    ).toEqual([
      [
        ["shape"],
        expect.arrayContaining(["entity_id", "entity_type", "created_at", "score", "rank"]) as unknown,
        "INTEGER NOT NULL",
        "FLOAT NOT NULL",
        "INTEGER NOT NULL",
      ],
    ]);
    expect(
      await query(
        "MATCH (a:shape)-[r]->(b) RETURN a.entity_id, type(r), b.entity_id, valueType(r.weight), r.weight, valueType(r.created_at)",
      ),
    ).toEqual([["Alice", "DIRECTED", "Bob", "FLOAT NOT NULL", 5, "INTEGER NOT NULL"]]);
    expect(await query("MATCH (b:shape {entity_id: 'Bob'}) RETURN properties(b)")).toEqual([
      [{ entity_id: "Bob" }],
    ]);
    expect(await storage.getEdge("Bob", "Alice")).toEqual({ weight: 5, created_at: 1, keywords: "k" });
  });

  test("of others is read as far as it makes sense", async () => {
    await query(
      `CREATE (a:foreign {entity_id: 'a', tags: ['x', 'y'], day: date('2026-01-02'), list: [1, 2]}), (b:foreign {entity_id: 'b'}),
        (c:foreign {entity_id: 'c'}), (:foreign {name: 'no entity_id'}), (o:outside {entity_id: 'o'}),
        (a)-[:KNOWS {weight: 1}]->(b), (b)-[:DIRECTED {weight: 7}]->(a), (b)-[:KNOWS {since: 1}]->(c)`,
    );
    const storage = await open("foreign");
    expect(await storage.getNode("a")).toEqual({
      entity_id: "a",
      tags: '["x","y"]',
      day: "2026-01-02",
      list: '["1","2"]',
    });
    expect(await storage.getAllLabels()).toEqual(["a", "b", "c"]);
    expect(
      await storage.getEdgesBatch([
        ["a", "b"],
        ["c", "b"],
        ["a", "c"],
      ]),
    ).toEqual([{ weight: 7 }, { since: 1 }, null]);
    const edges: unknown[] = [];
    for await (const edge of storage.edges({ batchSize: 1 })) edges.push(edge.slice(0, 2));
    expect(edges).toEqual([
      ["a", "b"],
      ["b", "c"],
    ]);
    await storage.removeEdges([["b", "a"]]);
    expect(await storage.hasEdge("a", "b")).toBe(false);
    await query("MATCH (n) WHERE n:outside OR n:foreign DETACH DELETE n");
  });

  test("goes in batches: no call asks once for each node", async () => {
    let queries = 0;
    const counted = intercepted(workspaces.driver(), () => (queries += 1));
    const storage = await open("batches", { driver: counted, env: {} });
    const ids = Array.from({ length: 2500 }, (_, index) => `n${index}`);
    const pairs = ids.map((id, index) => [id, ids[(index + 1) % ids.length] ?? id] as const);
    const count = async (call: () => Promise<unknown>): Promise<number> => {
      queries = 0;
      await call();
      return queries;
    };
    expect([
      await count(() => storage.upsertNodesBatch(ids.map((id) => [id, {}]))),
      await count(() => storage.upsertEdgesBatch(pairs.map(([a, b]) => [a, b, {}]))),
      await count(() => storage.getNodesBatch(ids)),
      await count(() => storage.hasNodesBatch(ids)),
      await count(() => storage.nodeDegreesBatch(ids)),
      await count(() => storage.edgeDegreesBatch(pairs)),
      await count(() => storage.getEdgesBatch(pairs)),
      await count(() => storage.getNodesEdgesBatch(ids)),
      await count(() => storage.getPopularLabels()),
      await count(() => storage.searchLabels("n24")),
      await count(() => storage.getKnowledgeGraph("n0", { maxDepth: 3 })),
      await count(() => storage.removeEdges(pairs)),
      await count(() => storage.removeNodes(ids)),
    ]).toEqual([3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 6, 3, 3]);
    // Batches are bounded by bytes too: 8 MB are two.
    const text = "x".repeat(500_000);
    expect(await count(() => storage.upsertNodesBatch(ids.slice(0, 8).map((id) => [id, { text }])))).toBe(2);
    const wide = ids.slice(0, 8).map((id, index) => ["hub", id, { text, index }] as const);
    expect(await count(() => storage.upsertEdgesBatch(wide))).toBe(2);
    await storage.finalize();
    // It is the application's, and stays open.
    expect(await query("RETURN 1")).toEqual([[1]]);
  });

  test("that the server refuses is refused at once, with its reason and without its values", async () => {
    let queries = 0;
    const driver = intercepted(workspaces.driver(), () => (queries += 1));
    const storage = await open("refused", { driver, env: {} });
    await query("CREATE CONSTRAINT refused IF NOT EXISTS FOR (n:refused) REQUIRE n.secret IS UNIQUE");
    await storage.upsertNode("a", { secret: "hidden" });
    queries = 0;
    const error = await storage.upsertNode("b", { secret: "hidden" }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "STORAGE_FAILED", retryable: false });
    expect(String(error)).toContain("Neo.ClientError.Schema.ConstraintValidationFailed");
    expect(String(error)).not.toContain("hidden");
    expect(queries).toBe(1);
    await query("DROP CONSTRAINT refused");
  });

  test("a neighbourhood is whole where it just fits, and cut by degree where it does not", async () => {
    const storage = await open("wide");
    const leaves = Array.from({ length: 1500 }, (_, index) => `leaf ${String(index).padStart(4, "0")}`);
    await storage.upsertEdgesBatch(leaves.map((leaf) => ["hub", leaf, { weight: 1 }]));
    await storage.upsertEdge("leaf 1499", "far", {});
    const cut = await storage.getKnowledgeGraph("hub", { maxDepth: 1 });
    expect([cut.nodes.length, cut.edges.length, cut.is_truncated]).toEqual([1000, 999, true]);
    expect(cut.nodes.slice(0, 3).map(({ id }) => id)).toEqual(["hub", "leaf 1499", "leaf 0000"]);
    const all = { maxDepth: 1, maxNodes: 1501 };
    const wide = await open("wide", { maxGraphNodes: 5000 });
    const whole = await wide.getKnowledgeGraph("hub", all);
    expect([whole.nodes.length, whole.edges.length, whole.is_truncated]).toEqual([1501, 1500, false]);
    expect((await wide.getKnowledgeGraph("hub", { ...all, maxNodes: 1500 })).is_truncated).toBe(true);
    expect((await wide.getKnowledgeGraph("hub", { ...all, maxDepth: 2 })).is_truncated).toBe(true);
    expect(await wide.getKnowledgeGraph("hub", { maxNodes: 0 })).toEqual({
      nodes: [],
      edges: [],
      is_truncated: true,
    });
  });
});
