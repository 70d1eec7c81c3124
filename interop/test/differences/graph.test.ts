import { describe, expect } from "vitest";

import { SHARED_BACKENDS } from "../../src/backends.ts";
import { useTwoSides } from "../two-sides.ts";
import { hasLightRag } from "../use-lightrag.ts";
import { difference } from "./difference.ts";

const [networkx] = SHARED_BACKENDS.GRAPH_STORAGE;

describe.skipIf(!hasLightRag)("NetworkXStorage", () => {
  // As LightRAG installs itself: without lxml.
  const sides = useTwoSides(networkx, { namespace: "chunk_entity_relation" }, ["lxml"]);

  async function both() {
    return { python: await sides.python(), tetrad: await sides.tetrad({ place: await sides.newPlace() }) };
  }

  difference("graph/names-of-nodes", async () => {
    const { python, tetrad } = await both();
    for (const storage of [python, tetrad]) await storage.upsertEdge("a", "b", { weight: 1 });
    expect(await python.call("get_node", ["a"])).toEqual({});
    expect(await tetrad.getNode("a")).toEqual({ entity_id: "a" });
    await tetrad.finalize();
  });

  difference("graph/uncommitted-writes", async () => {
    const python = await sides.python();
    await python.upsertNode("a", { entity_id: "a" });
    await python.finalize();
    const tetrad = await sides.tetrad();
    expect(await tetrad.getAllLabels()).toEqual([]);
    await tetrad.upsertNode("a", { entity_id: "a" });
    await tetrad.finalize();
    expect(await (await sides.python()).getAllLabels()).toEqual(["a"]);
  });

  difference("graph/carriage-returns", async () => {
    const text = "two\r\nlines";
    const [ofPython, ofTetrad] = [await sides.newPlace(), await sides.newPlace()];
    const written = { entity_id: "a", description: text };
    const python = await sides.python({ place: ofPython });
    const tetrad = await sides.tetrad({ place: ofTetrad });
    for (const storage of [python, tetrad]) {
      await storage.upsertNode("a", written);
      await storage.indexDoneCallback();
      await storage.finalize();
    }
    const again = await sides.python({ place: ofPython });
    expect(await again.getNode("a")).toEqual({ entity_id: "a", description: "two\nlines" });
    await again.finalize();
    expect(await (await sides.python({ place: ofTetrad })).getNode("a")).toEqual(written);
  });

  difference("graph/control-characters-in-ids", async () => {
    const python = await sides.python();
    await python.upsertNode("bell\u0007", { entity_id: "bell" });
    await python.indexDoneCallback();
    await python.finalize();
    await expect(sides.python()).rejects.toThrow("ParseError");
    const tetrad = await sides.tetrad({ place: await sides.newPlace() });
    await expect(tetrad.upsertNode("bell\u0007", {})).rejects.toMatchObject({ code: "INVALID_RECORD" });
    await tetrad.finalize();
  });

  difference("graph/control-characters-in-texts", async () => {
    const { python, tetrad } = await both();
    const attributes = { entity_id: "a", description: "bell\u0007" };
    await expect(python.upsertNode("a", attributes)).rejects.toThrow("ValueError");
    await tetrad.upsertNode("a", attributes);
    expect(await tetrad.getNode("a")).toEqual({ entity_id: "a", description: "bell" });
    await tetrad.finalize();
  });

  difference("graph/truncated", async () => {
    const { python, tetrad } = await both();
    const wanted = { maxDepth: 1, maxNodes: 3 };
    for (const storage of [python, tetrad]) {
      await storage.upsertEdgesBatch([
        ["a", "b", { weight: 1 }],
        ["b", "c", { weight: 1 }],
        ["c", "a", { weight: 1 }],
      ]);
    }
    // All three nodes there are: nothing was left out.
    expect(await python.getKnowledgeGraph("a", wanted)).toMatchObject({ is_truncated: true });
    expect(await tetrad.getKnowledgeGraph("a", wanted)).toMatchObject({ is_truncated: false });
    await tetrad.finalize();
  });

  difference("graph/edge-ids", async () => {
    const { python, tetrad } = await both();
    for (const storage of [python, tetrad]) {
      await storage.upsertEdgesBatch([
        ["a-b", "c", { weight: 1 }],
        ["a", "b-c", { weight: 1 }],
      ]);
    }
    const [theirs, ours] = [await python.getKnowledgeGraph("*"), await tetrad.getKnowledgeGraph("*")];
    expect(theirs.edges.map(({ id, type }) => [id, type])).toEqual([["a-b-c", "DIRECTED"]]);
    expect(ours.edges).toHaveLength(2);
    expect(new Set(ours.edges.map(({ id }) => id)).size).toBe(2);
    expect(ours.edges.map(({ type }) => type)).toEqual([null, null]);
    await tetrad.finalize();
  });

  difference("graph/numbers-beyond-the-contract", async () => {
    const huge = { entity_id: "a", large: 2n ** 70n, nan: Number.NaN };
    const python = await sides.python();
    await python.upsertNode("a", huge);
    await python.indexDoneCallback();
    await python.finalize();
    const tetrad = await sides.tetrad();
    expect(await tetrad.getNode("a")).toEqual(huge);
    for (const value of [2n ** 70n, Number.NaN])
      await expect(tetrad.upsertNode("b", { value })).rejects.toMatchObject({ code: "INVALID_RECORD" });
    // Another node is written: Python's stays as it is.
    await tetrad.upsertNode("b", { n: 1 });
    await tetrad.finalize();
    expect(await (await sides.python()).getNode("a")).toEqual(huge);
  });
});
