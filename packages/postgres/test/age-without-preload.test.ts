import { createStorage, registerStorage } from "@tetrad/core";
import { PGGraphStorage } from "@tetrad/postgres";
import { describe, expect, test } from "vitest";

import { onServer, ownDatabase } from "./postgres-targets.ts";

registerStorage("GRAPH_STORAGE", "AgeGraph", { load: () => PGGraphStorage });

const database = await ownDatabase("that does not load AGE", { settings: { shared_preload_libraries: "" } });

describe.skipIf(database === null)("a server that does not load AGE by itself", () => {
  const env = database?.env ?? {};

  test("keeps graphs all the same, on every connection; Cypher reads them", async () => {
    const graphs = await Promise.all(
      ["1", "4"].map((connections) =>
        createStorage("GRAPH_STORAGE", "AgeGraph", {
          namespace: "chunk_entity_relation",
          workspace: "unloaded",
          env: { ...env, POSTGRES_MAX_CONNECTIONS: connections },
        }),
      ),
    );
    await Promise.all(
      graphs.map(async (graph, writer) => {
        const ids = Array.from({ length: 20 }, (_, index) => index);
        await graph.upsertNodesBatch(ids.map((index) => [`n${index}`, { [`of_${writer}`]: index }]));
        await Promise.all(
          ids.map((index) => graph.upsertEdge(`n${index}`, `n${(index + 1) % 20}`, { weight: 2.5 })),
        );
      }),
    );
    for (const graph of graphs) {
      const [node, edge, degree] = await Promise.all([
        graph.getNode("n3"),
        graph.getEdge("n4", "n3"),
        graph.nodeDegree("n3"),
      ]);
      expect(node).toEqual({ entity_id: "n3", of_0: 3, of_1: 3 });
      expect([edge, degree]).toEqual([{ weight: 2.5 }, 2]);
      expect((await graph.getKnowledgeGraph("n0", { maxDepth: 2 })).nodes).toHaveLength(5);
      expect(await graph.searchLabels("n19")).toEqual(["n19"]);
    }
    const [, , counted] = await onServer(
      env,
      "LOAD 'age'",
      `SET search_path = ag_catalog, "$user", public`,
      `SELECT * FROM cypher('unloaded_chunk_entity_relation', $$ MATCH (:base)-[e:DIRECTED]->(:base) RETURN count(e) $$) AS (count agtype)`,
    );
    expect(counted?.rows).toEqual([{ count: "20" }]);
    await graphs[0]?.removeNodes(["n3"]);
    expect(await graphs[1]?.getNodeEdges("n2")).toEqual([["n2", "n1"]]);
    for (const graph of graphs) await graph.finalize();
  });
});
