import { createStorage, type GraphAttributes, type GraphStorage, registerStorage } from "@tetrad/core";
import { PGGraphStorage, PGTableGraphStorage } from "@tetrad/postgres";
import pg from "pg";
import { describe, expect, test, vi } from "vitest";

import { clientConfig, servedDatabase } from "./postgres-targets.ts";

registerStorage("GRAPH_STORAGE", "AgeGraph", { load: () => PGGraphStorage });
registerStorage("GRAPH_STORAGE", "TableGraph", { load: () => PGTableGraphStorage });

const database = await servedDatabase();

async function loadTree(graph: GraphStorage, root: string, width: number): Promise<void> {
  const edges = Array.from({ length: width }, (_, index): [string, string, GraphAttributes][] => [
    [root, `${root}-${index}`, {}],
    [`${root}-${index}`, `${root}-${index}-leaf`, {}],
  ]);
  await graph.upsertEdgesBatch(edges.flat());
}

describe.skipIf(database === null).each(["AgeGraph", "TableGraph"])("statements of %s", (name) => {
  test("a neighbourhood takes as many whether it is narrow or wide", async () => {
    const pool = new pg.Pool({ ...clientConfig(database?.env ?? {}), max: 4 });
    const graph = await createStorage("GRAPH_STORAGE", name, {
      namespace: "chunk_entity_relation",
      workspace: "statements",
      env: database?.env ?? {},
      pool,
    });
    try {
      for (const width of [1, 150]) await loadTree(graph, `tree ${width}`, width);
      const statements = vi.spyOn(pool, "query");
      const counts: number[] = [];
      for (const width of [1, 150]) {
        statements.mockClear();
        const found = await graph.getKnowledgeGraph(`tree ${width}`, { maxDepth: 3, maxNodes: 1000 });
        expect([found.nodes.length, found.edges.length]).toEqual([1 + 2 * width, 2 * width]);
        counts.push(statements.mock.calls.length);
      }
      expect(counts[1]).toBe(counts[0]);
      // Whether it is there, then a level at a time, and what is to be given of all that was found.
      expect(counts[0]).toBeLessThanOrEqual(2 + 3 + 2);
    } finally {
      await graph.finalize();
      await pool.end();
    }
  });
});
