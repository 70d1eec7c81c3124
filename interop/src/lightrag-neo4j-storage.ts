import type { GraphAttributes, KnowledgeGraph, KnowledgeGraphOptions, NodePair } from "@tetrad/core";

import { LightRagGraphStorage } from "./lightrag-graph-storage.js";

/**
 * LightRAG on Neo4j, which says some things otherwise than LightRAG on files. What it says wrongly
 * is shown by the tests of the differences.
 */
export class LightRagNeo4jStorage extends LightRagGraphStorage {
  override async getEdge(a: string, b: string): Promise<GraphAttributes | null> {
    return withoutNulls(await super.getEdge(a, b));
  }

  override async getEdgesBatch(pairs: Iterable<NodePair>): Promise<(GraphAttributes | null)[]> {
    return (await super.getEdgesBatch(pairs)).map(withoutNulls);
  }

  /** The single form has the node asked for in front, the batch the one that was written first. */
  override async getNodesEdgesBatch(ids: Iterable<string>): Promise<Map<string, [string, string][]>> {
    const found = await super.getNodesEdgesBatch(ids);
    return new Map(
      Array.from(found, ([id, edges]) => [id, edges.map(([a, b]) => (a === id ? [id, b] : [id, a]))]),
    );
  }

  /** An edge between nodes that are not there is lost without a word; its pipeline makes them first. */
  override async upsertEdge(a: string, b: string, attributes: GraphAttributes): Promise<void> {
    await this.upsertEdgesBatch([[a, b, attributes]]);
  }

  override async upsertEdgesBatch(
    edges: Iterable<readonly [string, string, GraphAttributes]>,
  ): Promise<void> {
    const given = [...edges];
    const ends = new Set(given.flatMap(([a, b]) => [a, b]));
    await this.upsertNodesBatch(Array.from(ends, (id) => [id, { entity_id: id }]));
    await super.upsertEdgesBatch(given);
  }

  /** Its nodes have numbers for ids where APOC is there or the whole graph is asked for. */
  override async getKnowledgeGraph(
    label: string,
    options: KnowledgeGraphOptions = {},
  ): Promise<KnowledgeGraph> {
    const graph = await super.getKnowledgeGraph(label, options);
    const names = new Map(graph.nodes.map(({ id, labels }) => [id, labels[0] ?? id]));
    const nameOf = (id: string): string => names.get(id) ?? id;
    return {
      nodes: graph.nodes.map(({ id, labels, properties }) => ({
        id: nameOf(id),
        labels,
        properties: { ...properties, entity_id: nameOf(id) },
      })),
      edges: graph.edges.map((edge) => ({
        ...edge,
        source: nameOf(edge.source),
        target: nameOf(edge.target),
      })),
      is_truncated: graph.is_truncated,
    };
  }

  /** Each edge comes once for each end. */
  override async *edges(): AsyncIterableIterator<[string, string, GraphAttributes]> {
    const seen = new Set<string>();
    for await (const [a, b, attributes] of super.edges()) {
      const pair = JSON.stringify([a, b].sort());
      if (!seen.has(pair)) yield [a, b, attributes];
      seen.add(pair);
    }
  }
}

/** What is not there is there as `None`. */
function withoutNulls(attributes: GraphAttributes | null): GraphAttributes | null {
  if (attributes === null) return null;
  return Object.fromEntries(
    Object.entries(attributes as Record<string, unknown>).filter(([, value]) => value !== null),
  ) as GraphAttributes;
}
