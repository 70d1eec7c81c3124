import type { GraphStorage } from "@tetrad/core";

/** a – b – c, a – c, a loop at c, and d alone. */
export async function writeSmallGraph(storage: GraphStorage): Promise<void> {
  await storage.upsertNodesBatch(
    ["a", "b", "c", "d"].map((id) => [id, { description: `node ${id}` }] as const),
  );
  await storage.upsertEdgesBatch([
    ["a", "b", { description: "ab" }],
    ["b", "c", { description: "bc" }],
    ["c", "a", { description: "ca" }],
    ["c", "c", { description: "cc" }],
  ]);
}
