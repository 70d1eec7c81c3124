import { askForService } from "@tetrad/services/vitest";
import { describe, expect } from "vitest";

import type { SharedBackend } from "../../src/backends.ts";
import { neo4jPlace } from "../../src/neo4j-place.ts";
import { useTwoSides } from "../two-sides.ts";
import { hasLightRag } from "../use-lightrag.ts";
import { difference } from "./difference.ts";

const backend: SharedBackend<"GRAPH_STORAGE"> = {
  type: "GRAPH_STORAGE",
  name: "Neo4JStorage",
  service: "neo4j",
  place: () => neo4jPlace("neo4j"),
};
const hasNeo4j = (await askForService("neo4j")) !== null;
const weight = (value: number): object => ({ weight: value });

describe.skipIf(!hasLightRag || !hasNeo4j)("Neo4JStorage", () => {
  const sides = useTwoSides(backend, { namespace: "chunk_entity_relation" });

  async function both() {
    return { python: await sides.python(), tetrad: await sides.tetrad({ place: await sides.newPlace() }) };
  }

  difference("graph/neo4j-missing-ends", async () => {
    const { python, tetrad } = await both();
    await python.call("upsert_edge", ["a", "b", weight(1.5)]);
    expect(await python.getAllLabels()).toEqual([]);
    await tetrad.upsertEdge("a", "b", { weight: 1.5 });
    expect(await tetrad.getAllLabels()).toEqual(["a", "b"]);
    await tetrad.finalize();
  });

  difference("graph/neo4j-absent-attributes", async () => {
    const { python, tetrad } = await both();
    for (const storage of [python, tetrad]) await storage.upsertEdge("a", "b", { created_at: 1 });
    expect(await python.call("get_edge", ["a", "b"])).toEqual({
      created_at: 1,
      weight: 1,
      source_id: null,
      description: null,
      keywords: null,
    });
    expect(await tetrad.getEdge("a", "b")).toEqual({ created_at: 1 });
    await tetrad.finalize();
  });

  difference("graph/neo4j-loops", async () => {
    const { python, tetrad } = await both();
    for (const storage of [python, tetrad]) await storage.upsertEdge("a", "a", { weight: 1 });
    expect([await python.nodeDegree("a"), await tetrad.nodeDegree("a")]).toEqual([1, 2]);
    await tetrad.finalize();
  });

  difference("graph/neo4j-edges-twice", async () => {
    const { python, tetrad } = await both();
    for (const storage of [python, tetrad]) await storage.upsertEdge("a", "b", { weight: 1 });
    expect(await python.call("get_all_edges")).toHaveLength(2);
    const edges: unknown[] = [];
    for await (const edge of tetrad.edges()) edges.push(edge);
    expect(edges).toHaveLength(1);
    await tetrad.finalize();
  });

  difference("graph/neo4j-search", async () => {
    const { python, tetrad } = await both();
    const names = ["IT", "量子力学", "Alice"];
    for (const storage of [python, tetrad])
      await storage.upsertNodesBatch(names.map((id) => [id, { entity_id: id }]));
    // Its index follows with a delay: once it finds a whole name, it knows them all.
    while ((await python.searchLabels("alice")).length === 0) await new Promise((go) => setTimeout(go, 50));
    for (const [query, name] of [
      ["it", "IT"],
      ["量", "量子力学"],
      ["lic", "Alice"],
    ] as const) {
      expect(await python.searchLabels(query)).toEqual([]);
      expect(await tetrad.searchLabels(query)).toEqual([name]);
    }
    await tetrad.finalize();
  });

  difference("graph/neo4j-bad-values", async () => {
    const { python, tetrad } = await both();
    const nested = { entity_id: "a", nested: { map: 1 } };
    await expect(python.call("upsert_node", ["a", nested])).rejects.toThrow("RetryError");
    await expect(tetrad.upsertNode("a", nested as never)).rejects.toMatchObject({ code: "INVALID_RECORD" });
    await tetrad.finalize();
  });
});
