import type { GraphAttributes, NodePair } from "@tetrad/core";
import { type BatchOptions, type GraphStorageImplementation, PairMap } from "@tetrad/core/plugin";

import type { ReferencePlace } from "./reference-place.js";

interface ReferenceEdge {
  readonly ends: NodePair;
  readonly attributes: GraphAttributes;
}

interface ReferenceGraph {
  readonly nodes: Map<string, GraphAttributes>;
  edges: PairMap<ReferenceEdge>;
}

/** A graph storage in memory: the model that others are held against. */
export class ReferenceGraphStorage implements GraphStorageImplementation {
  protected readonly graph: ReferenceGraph;

  constructor(place: ReferencePlace, options: { readonly workspace: string; readonly namespace: string }) {
    this.graph = place.state("graph", options, (): ReferenceGraph => ({
      nodes: new Map(),
      edges: new PairMap(),
    }));
  }

  async getNodesBatch(ids: readonly string[]): Promise<Map<string, GraphAttributes>> {
    const found = new Map<string, GraphAttributes>();
    for (const id of ids) {
      const attributes = this.graph.nodes.get(id);
      if (attributes !== undefined) found.set(id, { ...attributes });
    }
    return found;
  }

  async getEdgesBatch(pairs: readonly NodePair[]): Promise<(GraphAttributes | null)[]> {
    return pairs.map((pair) => {
      const edge = this.graph.edges.get(pair);
      return edge === undefined ? null : { ...edge.attributes };
    });
  }

  async getNodesEdgesBatch(ids: readonly string[]): Promise<Map<string, [string, string][]>> {
    return new Map(
      ids.map((id) => [id, this.#neighbours(id).map((neighbour): [string, string] => [id, neighbour])]),
    );
  }

  async upsertNodesBatch(nodes: readonly (readonly [string, GraphAttributes])[]): Promise<void> {
    for (const [id, given] of nodes)
      this.graph.nodes.set(id, { ...this.graph.nodes.get(id), ...withDoubleWeight(given) });
  }

  async upsertEdgesBatch(edges: readonly (readonly [string, string, GraphAttributes])[]): Promise<void> {
    for (const [a, b, given] of edges) {
      for (const end of [a, b]) if (!this.graph.nodes.has(end)) this.graph.nodes.set(end, {});
      const stored = this.graph.edges.get([a, b]);
      this.graph.edges.set([a, b], {
        ends: stored?.ends ?? [a, b],
        attributes: { ...stored?.attributes, ...withDoubleWeight(given) },
      });
    }
  }

  async removeNodes(ids: readonly string[]): Promise<void> {
    const removed = new Set(ids);
    for (const id of ids) this.graph.nodes.delete(id);
    this.#keepEdges(({ ends: [a, b] }) => !removed.has(a) && !removed.has(b));
  }

  async removeEdges(pairs: readonly NodePair[]): Promise<void> {
    const removed = new PairMap<true>();
    for (const pair of pairs) removed.set(pair, true);
    this.#keepEdges(({ ends }) => removed.get(ends) === undefined);
  }

  async *nodes(_options: BatchOptions): AsyncIterable<readonly [string, GraphAttributes]> {
    for (const [id, attributes] of Array.from(this.graph.nodes)) {
      if (this.graph.nodes.has(id)) yield [id, { ...attributes }];
    }
  }

  async *edges(_options: BatchOptions): AsyncIterable<readonly [string, string, GraphAttributes]> {
    for (const { ends, attributes } of Array.from(this.graph.edges.values())) {
      if (this.graph.edges.get(ends) !== undefined) yield [...ends, { ...attributes }];
    }
  }

  async drop(): Promise<void> {
    this.graph.nodes.clear();
    this.graph.edges = new PairMap();
  }

  #neighbours(id: string): string[] {
    return [...this.graph.edges.values()].flatMap(({ ends: [a, b] }) =>
      a === id ? [b] : b === id ? [a] : [],
    );
  }

  #keepEdges(keep: (edge: ReferenceEdge) => boolean): void {
    const kept = new PairMap<ReferenceEdge>();
    for (const edge of this.graph.edges.values()) if (keep(edge)) kept.set(edge.ends, edge);
    this.graph.edges = kept;
  }
}

/** A weight given as a bigint is stored as a double. */
function withDoubleWeight(given: GraphAttributes): GraphAttributes {
  return typeof given["weight"] === "bigint" ? { ...given, weight: Number(given["weight"]) } : given;
}
