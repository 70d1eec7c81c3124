import type { KnowledgeGraphEdge, KnowledgeGraphNode } from "@tetrad/core";

import { changingKnowledgeGraphs, type GraphMutant } from "./graph-fault.ts";
import { without } from "./mutant.ts";

type Nodes = (nodes: KnowledgeGraphNode[]) => KnowledgeGraphNode[];
type Edges = (edges: KnowledgeGraphEdge[]) => KnowledgeGraphEdge[];

function withNodes(change: Nodes): GraphMutant["open"] {
  return changingKnowledgeGraphs((graph) => ({ ...graph, nodes: change(graph.nodes) }));
}

function withEdges(change: Edges): GraphMutant["open"] {
  return changingKnowledgeGraphs((graph) => ({ ...graph, edges: change(graph.edges) }));
}

const SHAPE_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/nodes-with-ids-of-the-backend",
    what: "nodes of a knowledge graph have the backend's ids",
    caughtBy: ["graph/knowledge-graph-shape"],
    open: withNodes((nodes) => nodes.map((node, index) => ({ ...node, id: `4:${index}` }))),
  },
  {
    id: "graph/nodes-with-other-labels",
    what: "the labels of a node are its type instead of its name",
    caughtBy: ["graph/knowledge-graph-shape"],
    open: withNodes((nodes) => nodes.map((node) => ({ ...node, labels: ["entity"] }))),
  },
  {
    id: "graph/nodes-without-properties",
    what: "nodes of a knowledge graph have their name only",
    caughtBy: ["graph/knowledge-graph-shape"],
    open: withNodes((nodes) => nodes.map((node) => ({ ...node, properties: { entity_id: node.id } }))),
  },
  {
    id: "graph/nodes-without-entity-id",
    what: "the properties of a node lack entity_id",
    caughtBy: ["graph/knowledge-graph-shape"],
    open: withNodes((nodes) =>
      nodes.map((node) => ({ ...node, properties: without(node.properties, "entity_id") })),
    ),
  },
  {
    id: "graph/edges-with-numbered-ids",
    what: "the id of an edge is a number",
    caughtBy: ["graph/knowledge-graph-shape"],
    open: withEdges((edges) => edges.map((edge, index) => ({ ...edge, id: index as never }))),
  },
  {
    id: "graph/edges-without-properties",
    what: "edges of a knowledge graph have their ends only",
    caughtBy: ["graph/knowledge-graph-shape"],
    open: withEdges((edges) => edges.map((edge) => ({ ...edge, properties: {} }))),
  },
  {
    id: "graph/edges-the-other-way-round",
    what: "the end that sorts last is the source",
    caughtBy: ["graph/knowledge-graph-shape", "graph/knowledge-graph-edge-ids"],
    open: withEdges((edges) =>
      edges.map(({ source, target, ...edge }) => ({ ...edge, source: target, target: source })),
    ),
  },
  {
    id: "graph/edges-by-utf16-order",
    what: "the end that sorts first by UTF-16 unit is the source",
    caughtBy: ["graph/knowledge-graph-edge-ids"],
    open: withEdges((edges) =>
      edges.map((edge) => {
        const [source = "", target = ""] = [edge.source, edge.target].sort();
        return { ...edge, source, target };
      }),
    ),
  },
  {
    id: "graph/edge-ids-that-run-together",
    what: "the id of an edge is its ends joined by -",
    caughtBy: ["graph/knowledge-graph-edge-ids"],
    open: withEdges((edges) => edges.map((edge) => ({ ...edge, id: `${edge.source}-${edge.target}` }))),
  },
];

const EDGE_SET_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/edges-of-the-search-only",
    what: "only the edges along which nodes were found are given",
    caughtBy: ["graph/knowledge-graph-is-induced"],
    open: withEdges((edges) => {
      const reached = new Set<string>();
      return edges.filter(({ source, target }) => {
        const isNew = !reached.has(target) || !reached.has(source);
        reached.add(source).add(target);
        return isNew;
      });
    }),
  },
  {
    id: "graph/no-loops-in-knowledge-graphs",
    what: "an edge from a node to itself is left out",
    caughtBy: ["graph/knowledge-graph-is-induced"],
    open: withEdges((edges) => edges.filter(({ source, target }) => source !== target)),
  },
  {
    id: "graph/edges-to-nodes-left-out",
    what: "edges to nodes that are not returned are given",
    caughtBy: ["graph/knowledge-graph-is-induced"],
    open: changingKnowledgeGraphs(async (graph, storage) => {
      const edges = [...graph.edges];
      for (const { id } of graph.nodes) {
        for (const [source, target] of (await storage.getNodeEdges(id)) ?? [])
          if (!graph.nodes.some((node) => node.id === target))
            edges.push({ id: `${source} to ${target}`, type: null, source, target, properties: {} });
      }
      return { ...graph, edges };
    }),
  },
  {
    id: "graph/edges-twice",
    what: "an edge is given from each of its ends",
    caughtBy: ["graph/knowledge-graph-is-induced"],
    open: withEdges((edges) => edges.flatMap((edge) => [edge, { ...edge, id: `${edge.id} again` }])),
  },
];

/** Faults in what the nodes and edges of a neighbourhood look like. */
export const KNOWLEDGE_GRAPH_SHAPE_MUTANTS: readonly GraphMutant[] = [...SHAPE_MUTANTS, ...EDGE_SET_MUTANTS];
