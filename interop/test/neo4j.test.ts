import { createStorage } from "@tetrad/core";
import { askForService } from "@tetrad/services/vitest";
import { describeGraphStorage } from "@tetrad/testkit/vitest";
import { describe, expect, test } from "vitest";

import type { SharedBackend } from "../src/backends.ts";
import { neo4jPlace } from "../src/neo4j-place.ts";
import type { SharedGraphStorage } from "../src/shared-contracts.ts";
import { useTwoSides } from "./two-sides.ts";
import { hasLightRag } from "./use-lightrag.ts";

const options = { namespace: "chunk_entity_relation" };
const backendOn = (service: "neo4j" | "neo4jWithApoc"): SharedBackend<"GRAPH_STORAGE"> => ({
  type: "GRAPH_STORAGE",
  name: "Neo4JStorage",
  service,
  place: () => neo4jPlace(service),
});

const hasNeo4j = (await askForService("neo4j")) !== null;
const apoc = await askForService("neo4jWithApoc");

describe.skipIf(!hasLightRag || !hasNeo4j)("Python and Tetrad, both at work on one Neo4j", () => {
  const sides = useTwoSides(backendOn("neo4j"), options);

  test.each(["Python", "Tetrad"])(
    "%s opens first: what both write at one time is there once",
    async (first) => {
      // Python's own class makes a name several times here; by the constraint it cannot.
      const openBoth = {
        Python: async () => ({ python: await sides.python(), tetrad: await sides.tetrad() }),
        Tetrad: async () => {
          const tetrad = await sides.tetrad();
          return { tetrad, python: await sides.python() };
        },
      };
      const { python, tetrad } = await openBoth[first as "Python" | "Tetrad"]();
      const names = Array.from({ length: 30 }, (_, index) => `entity ${index % 3}`);
      await Promise.all([
        ...names.map((id, turn) => python.upsertNode(id, { entity_id: id, turn })),
        ...names.map((id, turn) => tetrad.upsertNode(id, { turn })),
      ]);
      await Promise.all([
        ...names.map((id) => python.upsertEdge(id, "entity 0 ", { weight: 1 })),
        ...names.map((id) => tetrad.upsertEdge("entity 0 ", id, { weight: 1 })),
      ]);
      const rows: string[] = [];
      for await (const [id] of tetrad.nodes()) rows.push(id);
      expect(rows).toEqual(["entity 0", "entity 0 ", "entity 1", "entity 2"]);
      expect(await python.call("get_all_nodes")).toHaveLength(4);
      // Each edge twice, once for each end.
      expect(await python.call("get_all_edges")).toHaveLength(6);
      expect(await tetrad.nodeDegree("entity 0 ")).toBe(3);
      await tetrad.finalize();
    },
  );
});

describe.skipIf(!hasLightRag || apoc === null)("Python with APOC and Tetrad without it", () => {
  const sides = useTwoSides(backendOn("neo4jWithApoc"), options);

  async function seenBy(storage: SharedGraphStorage, label: string, maxDepth: number) {
    const { nodes, edges, is_truncated } = await storage.getKnowledgeGraph(label, { maxDepth });
    return {
      nodes: nodes.map(({ id }) => id).sort(),
      edges: edges.map(({ source, target }) => JSON.stringify([source, target].sort())).sort(),
      is_truncated,
    };
  }

  test("see the same neighbourhoods", async () => {
    const [python, tetrad] = [await sides.python(), await sides.tetrad()];
    const ids = Array.from({ length: 60 }, (_, index) => `n${index}`);
    await tetrad.upsertEdgesBatch(
      ids.flatMap((id, index) => [
        [id, `n${(index * 7 + 1) % 60}`, { weight: 1 }],
        [id, `n${(index * 13 + 5) % 60}`, { weight: 2 }],
      ]),
    );
    for (const label of ["n0", "n1", "absent", "*"]) {
      for (const depth of [1, 2, 5])
        expect(await seenBy(tetrad, label, depth)).toEqual(await seenBy(python, label, depth));
    }
    await tetrad.finalize();
  });
});

// The contract, where APOC is: what it says does not depend on it.
if (apoc !== null) {
  let place: Awaited<ReturnType<typeof neo4jPlace>> | undefined;
  describeGraphStorage(
    "Neo4JStorage beside APOC",
    {
      async open({ embedding: _, metaFields, ...given }) {
        place ??= await neo4jPlace("neo4jWithApoc");
        return createStorage("GRAPH_STORAGE", "Neo4JStorage", {
          ...given,
          ...(metaFields === undefined ? {} : { metaFields }),
          workspace: place.workspaceFor?.(given.workspace) ?? given.workspace,
          env: apoc,
          resolveFrom: import.meta.url,
        });
      },
      async reset() {
        await place?.remove();
        place = undefined;
      },
    },
    { filter: "graph/knowledge-graph" },
  );
}
