import type { EntriesOptions, SignalOptions, Storage } from "./storage.js";

export type GraphAttribute = string | number | bigint | boolean;

/** Attributes of a node or an edge, under names without `.` and leading `$`. */
export type GraphAttributes = Record<string, GraphAttribute>;

export type NodeAttributes = GraphAttributes & { entity_id: string };

export type NodePair = readonly [string, string];

export interface KnowledgeGraphNode {
  /** The entity's name. */
  readonly id: string;
  readonly labels: string[];
  readonly properties: GraphAttributes;
}

export interface KnowledgeGraphEdge {
  /** Unique within the graph it comes in. */
  readonly id: string;
  /** Edges of LightRAG have no type of their own. */
  readonly type: string | null;
  /** The end that sorts first: edges are undirected. */
  readonly source: string;
  readonly target: string;
  readonly properties: GraphAttributes;
}

export interface KnowledgeGraph {
  /** By distance from the start, then by degree, then by name. */
  readonly nodes: KnowledgeGraphNode[];
  /** Every edge between the nodes returned, and no other. */
  readonly edges: KnowledgeGraphEdge[];
  /** Whether `maxNodes` left something out. */
  readonly is_truncated: boolean;
}

export interface KnowledgeGraphOptions extends SignalOptions {
  /** Steps away from the start. Default: 3. */
  readonly maxDepth?: number | undefined;
  /** Default, and upper limit: the storage's `maxGraphNodes`. */
  readonly maxNodes?: number | undefined;
}

/** An undirected graph with attributes on nodes and edges. */
export interface GraphStorage extends Storage {
  hasNode(id: string): Promise<boolean>;
  hasEdge(a: string, b: string): Promise<boolean>;
  /** Number of edge ends at the node: a self-loop counts 2, an absent node 0. */
  nodeDegree(id: string): Promise<number>;
  /** The degrees of both ends added up. */
  edgeDegree(a: string, b: string): Promise<number>;
  getNode(id: string): Promise<NodeAttributes | null>;
  getEdge(a: string, b: string): Promise<GraphAttributes | null>;
  /** `[id, neighbour]` pairs; `null` where there is no such node. */
  getNodeEdges(id: string): Promise<[string, string][] | null>;

  /** Absent nodes are left out. */
  getNodesBatch(ids: Iterable<string>): Promise<Map<string, NodeAttributes>>;
  /** Absent nodes have 0. */
  nodeDegreesBatch(ids: Iterable<string>): Promise<Map<string, number>>;
  /** Aligned to `pairs`. */
  edgeDegreesBatch(pairs: Iterable<NodePair>): Promise<number[]>;
  /** Aligned to `pairs`; `null` where there is no such edge. */
  getEdgesBatch(pairs: Iterable<NodePair>): Promise<(GraphAttributes | null)[]>;
  /** Absent nodes have `[]`. */
  getNodesEdgesBatch(ids: Iterable<string>): Promise<Map<string, [string, string][]>>;
  /** Those of `ids` that exist. */
  hasNodesBatch(ids: Iterable<string>): Promise<Set<string>>;

  /** Given attributes overwrite, others stay. An `entity_id` other than the id is refused. */
  upsertNode(id: string, attributes: GraphAttributes): Promise<void>;
  /** As `upsertNode`; ends that are missing are created. */
  upsertEdge(a: string, b: string, attributes: GraphAttributes): Promise<void>;
  upsertNodesBatch(nodes: Iterable<readonly [string, GraphAttributes]>): Promise<void>;
  upsertEdgesBatch(edges: Iterable<readonly [string, string, GraphAttributes]>): Promise<void>;
  /** The node and its edges. */
  deleteNode(id: string): Promise<void>;
  removeNodes(ids: Iterable<string>): Promise<void>;
  removeEdges(pairs: Iterable<NodePair>): Promise<void>;

  /** Every id, in code-point order. */
  getAllLabels(): Promise<string[]>;
  /** By degree, then by label; isolated nodes come last but are there. Default: 300. */
  getPopularLabels(limit?: number): Promise<string[]>;
  /** Labels that contain the query, ranked as LightRAG ranks them. Default: 50. */
  searchLabels(query: string, limit?: number): Promise<string[]>;
  /** The neighbourhood of one label, or for `*` the whole graph by degree. */
  getKnowledgeGraph(label: string, options?: KnowledgeGraphOptions): Promise<KnowledgeGraph>;
  nodes(options?: EntriesOptions): AsyncIterableIterator<[string, NodeAttributes]>;
  /** Each edge once. */
  edges(options?: EntriesOptions): AsyncIterableIterator<[string, string, GraphAttributes]>;
}
