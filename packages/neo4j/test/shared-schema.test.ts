import type { GraphStorage } from "@tetrad/core";
import { findDuplicateNodes, mergeDuplicateNodes } from "@tetrad/neo4j";
import { describe, expect, test } from "vitest";

import { env, useWorkspaces } from "./fixtures/workspaces.ts";

describe.skipIf(env === null)("what Neo4JStorage sets up", () => {
  const workspaces = useWorkspaces();
  const { open, query, warnings } = workspaces;

  /** Ids of nodes that are gone are given again, in any order: then it is tried again. */
  async function createInOrderOfIds(statement: string): Promise<void> {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const [[isInOrder]] = (await query(statement)) as [[boolean]];
      if (isInOrder) return;
      // They stay where they are, under another label, so that the next ones have other ids.
      await query("MATCH (n:twice) SET n:discarded REMOVE n:twice");
    }
    throw new Error("No nodes with ascending ids could be made");
  }

  test("20 parallel writes of one name make one node, also over several storages", async () => {
    const workspace = await workspaces.emptyWorkspace("parallel");
    const storages = await Promise.all([1, 2, 3, 4].map(() => open(workspace)));
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => at(storages, index).upsertNode("one", { index })),
    );
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => at(storages, index).upsertEdge("a", "b", { index })),
    );
    expect(await query("MATCH (n:parallel) RETURN count(n)")).toEqual([[3]]);
    expect(await query("MATCH (:parallel)-[r]->() RETURN count(r)")).toEqual([[1]]);
    expect(warnings).toEqual([]);
  });

  test("LightRAG's MERGE is safe by the constraint too, and its index is replaced", async () => {
    const workspace = await workspaces.emptyWorkspace("swap");
    await query("CREATE INDEX FOR (n:swap) ON (n.entity_id)");
    await query("CREATE (:swap {entity_id: 'kept', created_at: 1})");
    const storage = await open(workspace);
    expect(await workspaces.indexesOf(workspace)).toEqual([
      ["FULLTEXT", "entity_id_fulltext_idx_swap", false],
      ["RANGE", expect.any(String), true],
    ]);
    await query("CREATE INDEX IF NOT EXISTS FOR (n:swap) ON (n.entity_id)");
    await Promise.all(
      Array.from({ length: 20 }, () => query("MERGE (n:swap {entity_id: 'theirs'}) SET n += {x: 1}")),
    );
    expect(await storage.getAllLabels()).toEqual(["kept", "theirs"]);
    expect(await query("MATCH (n:swap) RETURN count(n)")).toEqual([[2]]);
  });

  test("names that several nodes have are read as one, reported, and merged on request", async () => {
    const workspace = await workspaces.emptyWorkspace("twice");
    await createInOrderOfIds(
      `CREATE (a:twice {entity_id: 'a', description: 'oldest'}), (b:twice {entity_id: 'a', description: 'second', source_id: 's'}),
        (c:twice {entity_id: 'a', file_path: 'f', source_id: 'third'}), (d:twice {entity_id: 'd'}), (e:twice {entity_id: 'e'}),
        (a)-[:DIRECTED {weight: 1.0}]->(d), (d)-[:DIRECTED {weight: 2.0, keywords: 'k'}]->(b), (c)-[:DIRECTED {weight: 3.0}]->(e),
        (b)-[:DIRECTED {weight: 4.0}]->(c) RETURN id(a) < id(b) AND id(b) < id(c)`,
    );
    const storage = await open(workspace);
    expect(warnings).toEqual([expect.stringContaining("mergeDuplicateNodes()")]);
    expect(await storage.getNode("a")).toEqual({ entity_id: "a", description: "oldest" });
    expect(await storage.getPopularLabels()).toEqual(["a", "d", "e"]);
    expect((await storage.getNodeEdges("a"))?.map(([, b]) => b).sort()).toEqual(["a", "d", "e"]);
    const graph = { driver: workspaces.driver(), workspace };
    expect(await findDuplicateNodes(graph)).toEqual([{ id: "a", nodes: 3 }]);
    expect(await mergeDuplicateNodes(graph)).toBe(2);
    expect(await findDuplicateNodes(graph)).toEqual([]);
    expect(await storage.getNode("a")).toEqual({
      entity_id: "a",
      description: "oldest",
      source_id: "s",
      file_path: "f",
    });
    expect(
      await query(
        "MATCH (n:twice)-[r]->(m) RETURN n.entity_id, m.entity_id, r.weight, r.keywords ORDER BY r.weight",
      ),
    ).toEqual([
      ["a", "d", 1, "k"],
      ["a", "e", 3, null],
      ["a", "a", 4, null],
    ]);
    expect((await workspaces.indexesOf(workspace)).at(-1)).toEqual(["RANGE", expect.any(String), true]);
    await query("MATCH (n:discarded) DETACH DELETE n");
  });

  test("two workspaces for which LightRAG has one name of an index have one each", async () => {
    const names = ["租户", "***", "a-b", "a.b"];
    for (const name of names) await workspaces.emptyWorkspace(name);
    const storages = await Promise.all(names.map((name) => open(name)));
    await Promise.all(
      storages.map((storage, index) => storage.upsertNode(`量子力学 of ${names[index]}`, {})),
    );
    for (const [index, storage] of storages.entries())
      expect(await storage.searchLabels("量子")).toEqual([`量子力学 of ${names[index]}`]);
    const found = (await Promise.all(names.map((each) => workspaces.indexesOf(each))))
      .flat()
      .filter(([type]) => type === "FULLTEXT");
    expect(new Set(found.map(([, name]) => name)).size).toBe(4);
    expect(warnings).toEqual([]);
  });

  test("many processes may open a new workspace at one time", async () => {
    const workspace = await workspaces.emptyWorkspace("rush");
    const storages = await Promise.all(Array.from({ length: 8 }, () => open(workspace)));
    await Promise.all(storages.map((storage, index) => storage.upsertNode(`n${index % 3}`, { index })));
    expect(await query("MATCH (n:rush) RETURN count(n)")).toEqual([[3]]);
    expect(await workspaces.indexesOf(workspace)).toHaveLength(2);
    expect(warnings).toEqual([]);
  });

  test("names of workspaces are data, not Cypher", async () => {
    for (const workspace of ["a`b", "a|b", "+plus", "x`) DETACH DELETE n", "O'Neill", "dash-ed é"]) {
      await workspaces.emptyWorkspace(workspace.includes("`") ? "none" : workspace);
      const storage = await open(workspace);
      await storage.upsertEdge("a", "b", { weight: 1 });
      expect(await query("MATCH (n) WHERE labels(n) = [$workspace] RETURN count(n)", { workspace })).toEqual([
        [2],
      ]);
      expect((await storage.getKnowledgeGraph("a")).nodes).toHaveLength(2);
      expect(await storage.drop()).toEqual({ status: "success", message: "data dropped" });
    }
  });

  test("a workspace with space around its name is refused: LightRAG takes it off", async () => {
    await expect(open(" padded ")).rejects.toMatchObject({
      code: "INVALID_WORKSPACE",
      message: expect.stringContaining('"padded"') as string,
    });
  });

  test("the database that is named and missing: the default one, as LightRAG does, and a warning", async () => {
    const storage = await open("elsewhere", { database: "missing-database" });
    await storage.upsertNode("a", {});
    expect(await query("MATCH (n:elsewhere) RETURN count(n)")).toEqual([[1]]);
    expect(warnings).toEqual([expect.stringMatching(/no database "missing-database".*default/)]);
  });
});

/** One of the storages, by turns. */
function at(storages: readonly GraphStorage[], index: number): GraphStorage {
  const storage = storages[index % storages.length];
  if (storage === undefined) throw new Error("There is at least one");
  return storage;
}
