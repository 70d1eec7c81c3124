import type {
  GraphAttributes,
  KnowledgeGraph,
  KnowledgeGraphOptions,
  NodeAttributes,
  NodePair,
} from "@tetrad/core";

import { LightRagStorage, mapOf } from "./lightrag-storage.js";
import type { SharedGraphStorage } from "./shared-contracts.js";
import { PythonFloat, PythonTuple } from "./wire-values.js";

type Ends = { src: string; tgt: string };

/** A graph in Python, under the names of our contract. */
export class LightRagGraphStorage extends LightRagStorage implements SharedGraphStorage {
  async hasNode(id: string): Promise<boolean> {
    return (await this.call("has_node", [id])) as boolean;
  }

  async hasEdge(a: string, b: string): Promise<boolean> {
    return (await this.call("has_edge", [a, b])) as boolean;
  }

  async nodeDegree(id: string): Promise<number> {
    return (await this.call("node_degree", [id])) as number;
  }

  async edgeDegree(a: string, b: string): Promise<number> {
    return (await this.call("edge_degree", [a, b])) as number;
  }

  async getNode(id: string): Promise<NodeAttributes | null> {
    const attributes = (await this.call("get_node", [id])) as GraphAttributes | null;
    return attributes === null ? null : withName(id, attributes);
  }

  async getEdge(a: string, b: string): Promise<GraphAttributes | null> {
    return (await this.call("get_edge", [a, b])) as GraphAttributes | null;
  }

  async getNodeEdges(id: string): Promise<[string, string][] | null> {
    return (await this.call("get_node_edges", [id])) as [string, string][] | null;
  }

  async getNodesBatch(ids: Iterable<string>): Promise<Map<string, NodeAttributes>> {
    const nodes = mapOf<GraphAttributes>(await this.call("get_nodes_batch", [[...ids]]));
    return new Map(Array.from(nodes, ([id, attributes]) => [id, withName(id, attributes)]));
  }

  async nodeDegreesBatch(ids: Iterable<string>): Promise<Map<string, number>> {
    return mapOf(await this.call("node_degrees_batch", [[...ids]]));
  }

  async edgeDegreesBatch(pairs: Iterable<NodePair>): Promise<number[]> {
    const asked = Array.from(pairs, (pair) => [...pair]);
    return alignToPairs<number>(asked, await this.call("edge_degrees_batch", [asked.map(asTuple)])).map(
      Number,
    );
  }

  async getEdgesBatch(pairs: Iterable<NodePair>): Promise<(GraphAttributes | null)[]> {
    const asked = Array.from(pairs, (pair) => [...pair]);
    const ends = asked.map(([src = "", tgt = ""]): Ends => ({ src, tgt }));
    return alignToPairs<GraphAttributes>(asked, await this.call("get_edges_batch", [ends]));
  }

  async getNodesEdgesBatch(ids: Iterable<string>): Promise<Map<string, [string, string][]>> {
    return mapOf(await this.call("get_nodes_edges_batch", [[...ids]]));
  }

  async hasNodesBatch(ids: Iterable<string>): Promise<Set<string>> {
    return (await this.call("has_nodes_batch", [[...ids]])) as Set<string>;
  }

  async upsertNode(id: string, attributes: GraphAttributes): Promise<void> {
    await this.call("upsert_node", [id, properties(attributes)]);
  }

  async upsertEdge(a: string, b: string, attributes: GraphAttributes): Promise<void> {
    await this.call("upsert_edge", [a, b, properties(attributes)]);
  }

  async upsertNodesBatch(nodes: Iterable<readonly [string, GraphAttributes]>): Promise<void> {
    const batch = Array.from(nodes, ([id, attributes]) => [id, properties(attributes)]);
    await this.call("upsert_nodes_batch", [batch]);
  }

  async upsertEdgesBatch(edges: Iterable<readonly [string, string, GraphAttributes]>): Promise<void> {
    const batch = Array.from(edges, ([a, b, attributes]) => [a, b, properties(attributes)]);
    await this.call("upsert_edges_batch", [batch]);
  }

  async deleteNode(id: string): Promise<void> {
    await this.call("delete_node", [id]);
  }

  async removeNodes(ids: Iterable<string>): Promise<void> {
    await this.call("remove_nodes", [[...ids]]);
  }

  async removeEdges(pairs: Iterable<NodePair>): Promise<void> {
    await this.call("remove_edges", [Array.from(pairs, asTuple)]);
  }

  async getAllLabels(): Promise<string[]> {
    return (await this.call("get_all_labels")) as string[];
  }

  async getPopularLabels(limit?: number): Promise<string[]> {
    return (await this.call("get_popular_labels", limit === undefined ? [] : [limit])) as string[];
  }

  async searchLabels(query: string, limit?: number): Promise<string[]> {
    return (await this.call("search_labels", limit === undefined ? [query] : [query, limit])) as string[];
  }

  async getKnowledgeGraph(
    label: string,
    { maxDepth, maxNodes }: KnowledgeGraphOptions = {},
  ): Promise<KnowledgeGraph> {
    const graph = (await this.call("get_knowledge_graph", [label], {
      max_depth: maxDepth,
      max_nodes: maxNodes,
    })) as KnowledgeGraph;
    const nodes = graph.nodes.map((node) => ({ ...node, properties: withName(node.id, node.properties) }));
    return { ...graph, nodes };
  }

  async *nodes(): AsyncIterableIterator<[string, NodeAttributes]> {
    for (const { id, ...attributes } of (await this.call("get_all_nodes")) as GraphAttributes[])
      yield [String(id), withName(String(id), attributes)];
  }

  async *edges(): AsyncIterableIterator<[string, string, GraphAttributes]> {
    for (const { source, target, ...attributes } of (await this.call("get_all_edges")) as GraphAttributes[])
      yield [String(source), String(target), attributes];
  }
}

/** LightRAG's pipeline always gives a node its name; nodes that an edge made have none there. */
function withName(id: string, attributes: GraphAttributes): NodeAttributes {
  return { entity_id: id, ...attributes };
}

/** Attributes as LightRAG's pipeline gives them: weights are floats. */
function properties(attributes: GraphAttributes): object {
  const { weight } = attributes;
  return weight === undefined ? attributes : { ...attributes, weight: new PythonFloat(Number(weight)) };
}

function asTuple(pair: Iterable<string>): PythonTuple {
  return new PythonTuple([...pair]);
}

/** Aligned to the pairs, from a dict that Python keys by pair. */
function alignToPairs<T>(pairs: readonly string[][], byPair: unknown): (T | null)[] {
  const key = (pair: readonly string[]): string => JSON.stringify(pair);
  const found = new Map(Array.from(mapOf<T, string[]>(byPair), ([pair, value]) => [key(pair), value]));
  return pairs.map((pair) => found.get(key(pair)) ?? null);
}
