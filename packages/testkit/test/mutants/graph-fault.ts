import type { GraphAttributes, GraphStorage, KnowledgeGraph, NodePair } from "@tetrad/core";
import type { GraphStorageImplementation } from "@tetrad/core/plugin";
import { ReferenceGraphStorage, type ReferencePlace, type TargetOptions } from "@tetrad/testkit";

import { faultyGuard, type Mutant, type OpenFaulty, withFaults } from "./mutant.ts";

export type GraphMutant = Mutant<"GRAPH_STORAGE">;
type Open = OpenFaulty<"GRAPH_STORAGE">;

/** The reference, with its insides open to faults. */
export class OpenGraphStorage extends ReferenceGraphStorage {
  get nodeRows(): Map<string, GraphAttributes> {
    return this.graph.nodes;
  }

  get edgeRows(): { readonly ends: NodePair; readonly attributes: GraphAttributes }[] {
    return [...this.graph.edges.values()];
  }
}

/** The reference with a fault in how it stores nodes and edges. */
export function faultyGraph(
  plant: (
    storage: OpenGraphStorage,
    options: TargetOptions,
    place: ReferencePlace,
  ) => Partial<GraphStorageImplementation>,
): Open {
  return (place, options) => {
    const storage = new OpenGraphStorage(place, options);
    return withFaults<GraphStorageImplementation>(storage, plant(storage, options, place));
  };
}

/** The guarded reference with a fault in what the guard adds. */
export function faultyGraphGuard(
  plant: (storage: GraphStorage, implementation: GraphStorageImplementation) => Partial<GraphStorage>,
): Open {
  return faultyGuard("GRAPH_STORAGE", plant);
}

/** Attributes changed when they are written. */
export function storingAttributes(change: (attributes: GraphAttributes) => GraphAttributes): Open {
  return faultyGraph((storage) => ({
    upsertNodesBatch: (nodes) =>
      storage.upsertNodesBatch(nodes.map(([id, attributes]) => [id, change(attributes)])),
    upsertEdgesBatch: (edges) =>
      storage.upsertEdgesBatch(edges.map(([a, b, attributes]) => [a, b, change(attributes)])),
  }));
}

/** Knowledge graphs with something else in them. */
export function changingKnowledgeGraphs(
  change: (
    graph: KnowledgeGraph,
    storage: GraphStorage,
    label: string,
  ) => KnowledgeGraph | Promise<KnowledgeGraph>,
): Open {
  return faultyGraphGuard((storage) => ({
    getKnowledgeGraph: async (label, options) =>
      change(await storage.getKnowledgeGraph(label, options), storage, label),
  }));
}
