import type { KnowledgeGraph, KnowledgeGraphNode } from "@tetrad/core";

import { changingKnowledgeGraphs, faultyGraphGuard, type GraphMutant } from "./graph-fault.ts";
import { without } from "./mutant.ts";

type Nodes = (nodes: KnowledgeGraphNode[]) => KnowledgeGraphNode[];

function withNodes(change: Nodes): GraphMutant["open"] {
  return changingKnowledgeGraphs((graph) => ({ ...graph, nodes: change(graph.nodes) }));
}

/** Truncation that is reported by other rules. */
function reporting(
  isTruncated: (graph: KnowledgeGraph, limit: number | undefined) => boolean,
): GraphMutant["open"] {
  return faultyGraphGuard((storage) => ({
    async getKnowledgeGraph(label, options) {
      const graph = await storage.getKnowledgeGraph(label, options);
      return { ...graph, is_truncated: isTruncated(graph, options?.maxNodes) };
    },
  }));
}

/** Knowledge graphs with other options than asked for. */
function asking(
  change: (options: { readonly maxDepth?: number | undefined; readonly maxNodes?: number | undefined }) => {
    readonly maxDepth?: number | undefined;
    readonly maxNodes?: number | undefined;
  },
): GraphMutant["open"] {
  return faultyGraphGuard((storage) => ({
    getKnowledgeGraph: (label, options = {}) =>
      storage.getKnowledgeGraph(label, { ...options, ...change(options) }),
  }));
}

const EXTENT_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/one-level-less",
    what: "a neighbourhood is one level smaller than asked for",
    caughtBy: ["graph/knowledge-graph-levels"],
    open: asking(({ maxDepth = 3 }) => ({ maxDepth: Math.max(0, maxDepth - 1) })),
  },
  {
    id: "graph/one-level-more",
    what: "a neighbourhood is one level larger than asked for",
    caughtBy: ["graph/knowledge-graph-levels"],
    open: asking(({ maxDepth = 3 }) => ({ maxDepth: maxDepth + 1 })),
  },
  {
    id: "graph/whole-components",
    what: "without a depth a neighbourhood has no end",
    caughtBy: ["graph/knowledge-graph-levels"],
    open: asking(({ maxDepth = 1000 }) => ({ maxDepth })),
  },
  {
    id: "graph/depth-0-is-the-default",
    what: "a depth of 0 is taken for none",
    caughtBy: ["graph/knowledge-graph-levels"],
    open: asking(({ maxDepth }) => ({ maxDepth: maxDepth || undefined })),
  },
  {
    id: "graph/levels-by-name",
    what: "nodes of a level come by name only",
    caughtBy: ["graph/knowledge-graph-levels", "graph/knowledge-graph-is-induced"],
    open: withNodes(([first, ...others]) =>
      first === undefined ? [] : [first, ...others.sort((a, b) => (a.id < b.id ? -1 : 1))],
    ),
  },
  {
    id: "graph/ignores-max-nodes",
    what: "maxNodes is not gone by",
    caughtBy: ["graph/knowledge-graph-truncation", "graph/knowledge-graph-limit-of-the-storage"],
    open: asking(() => ({ maxNodes: undefined })),
  },
  {
    id: "graph/one-node-too-many",
    what: "a neighbourhood has one node more than maxNodes",
    caughtBy: ["graph/knowledge-graph-truncation"],
    open: asking(({ maxNodes }) => ({ maxNodes: maxNodes === undefined ? undefined : maxNodes + 1 })),
  },
  {
    id: "graph/max-nodes-0-is-the-default",
    what: "a maxNodes of 0 is taken for none",
    caughtBy: ["graph/knowledge-graph-truncation"],
    open: asking(({ maxNodes }) => ({ maxNodes: maxNodes || undefined })),
  },
  {
    id: "graph/cuts-by-name",
    what: "a level that is too large is cut by name",
    caughtBy: ["graph/knowledge-graph-truncation"],
    open: faultyGraphGuard((storage) => ({
      async getKnowledgeGraph(label, { maxNodes = 1000, ...options } = {}) {
        const graph = await storage.getKnowledgeGraph(label, options);
        const [first, ...others] = graph.nodes;
        const sorted = first === undefined ? [] : [first, ...others.sort((a, b) => (a.id < b.id ? -1 : 1))];
        const nodes = sorted.slice(0, maxNodes);
        return { ...graph, nodes, is_truncated: nodes.length < graph.nodes.length };
      },
    })),
  },
  {
    id: "graph/never-truncated",
    what: "is_truncated is false when nodes were left out",
    caughtBy: ["graph/knowledge-graph-truncation", "graph/knowledge-graph-of-everything"],
    open: reporting(() => false),
  },
  {
    id: "graph/truncated-when-full",
    what: "is_truncated is true when there are exactly maxNodes",
    caughtBy: ["graph/knowledge-graph-truncation", "graph/knowledge-graph-of-everything"],
    open: reporting(({ nodes }, limit) => nodes.length === limit),
  },
  {
    id: "graph/truncated-by-depth",
    what: "is_truncated is true when the depth left something out",
    caughtBy: ["graph/knowledge-graph-levels"],
    open: faultyGraphGuard((storage) => ({
      async getKnowledgeGraph(label, options) {
        const graph = await storage.getKnowledgeGraph(label, options);
        const whole = await storage.getKnowledgeGraph(label, { maxDepth: 1000 });
        return { ...graph, is_truncated: graph.nodes.length < whole.nodes.length };
      },
    })),
  },
  {
    id: "graph/max-nodes-beyond-the-storages",
    what: "maxNodes may be more than the storage's maxGraphNodes",
    caughtBy: ["graph/knowledge-graph-limit-of-the-storage"],
    open: unlimited((limit) => limit),
  },
  {
    id: "graph/limits-of-its-own",
    what: "the storage's maxGraphNodes is not gone by where no maxNodes is given",
    caughtBy: ["graph/knowledge-graph-limit-of-the-storage"],
    open: unlimited((limit, storages) => (limit === undefined ? 1000 : Math.min(limit, storages))),
  },
];

/** A storage whose own limit is larger than it was told. */
function unlimited(
  limitOf: (limit: number | undefined, storages: number) => number | undefined,
): GraphMutant["open"] {
  return (place, options) => {
    const open = asking(({ maxNodes }) => ({ maxNodes: limitOf(maxNodes, options.maxGraphNodes) }));
    return open(place, { ...options, maxGraphNodes: 1000 });
  };
}

const START_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/everything-as-stored",
    what: "the graph for * comes by name instead of by degree",
    caughtBy: ["graph/knowledge-graph-of-everything"],
    open: withNodes((nodes) => nodes.sort((a, b) => (a.id < b.id ? -1 : 1))),
  },
  {
    id: "graph/everything-without-isolated-nodes",
    what: "the graph for * leaves out nodes without edges",
    caughtBy: ["graph/knowledge-graph-of-everything"],
    open: changingKnowledgeGraphs((graph, _, label) => ({
      ...graph,
      nodes: graph.nodes.filter(
        ({ id }) => label !== "*" || graph.edges.some(({ source, target }) => source === id || target === id),
      ),
    })),
  },
  {
    id: "graph/everything-from-the-first-node",
    what: "the graph for * is the neighbourhood of the node with the most edges",
    caughtBy: ["graph/knowledge-graph-of-everything"],
    open: faultyGraphGuard((storage) => ({
      async getKnowledgeGraph(label, options) {
        const [first = label] = label === "*" ? await storage.getPopularLabels(1) : [];
        return storage.getKnowledgeGraph(first, options);
      },
    })),
  },
  {
    id: "graph/a-star-is-a-label",
    what: "* is taken for a label like any other",
    caughtBy: ["graph/knowledge-graph-of-everything"],
    open: faultyGraphGuard((storage) => ({
      getKnowledgeGraph: (label, options) =>
        storage.getKnowledgeGraph(label === "*" ? "a label that there is not" : label, options),
    })),
  },
  {
    id: "graph/labels-in-any-case",
    what: "the label of the start is found in any case",
    caughtBy: ["graph/knowledge-graph-of-nothing"],
    open: faultyGraphGuard((storage) => ({
      getKnowledgeGraph: (label, options) => storage.getKnowledgeGraph(label.toLowerCase(), options),
    })),
  },
  {
    id: "graph/unknown-labels-fail",
    what: "a label that there is not is an error",
    caughtBy: ["graph/knowledge-graph-of-nothing"],
    open: faultyGraphGuard((storage) => ({
      async getKnowledgeGraph(label, options) {
        if (label !== "*" && !(await storage.hasNode(label))) throw new Error("no such node");
        return storage.getKnowledgeGraph(label, options);
      },
    })),
  },
  {
    id: "graph/unknown-labels-are-a-node",
    what: "a label that there is not gives a node of its own",
    caughtBy: ["graph/knowledge-graph-of-nothing"],
    open: changingKnowledgeGraphs((graph, _, label) =>
      graph.nodes.length > 0 ? graph : { ...graph, nodes: [{ id: label, labels: [label], properties: {} }] },
    ),
  },
  {
    id: "graph/nothing-is-truncated",
    what: "an empty answer is said to be truncated",
    caughtBy: ["graph/knowledge-graph-of-nothing"],
    open: changingKnowledgeGraphs((graph) =>
      graph.nodes.length > 0 ? graph : { ...graph, is_truncated: true },
    ),
  },
  {
    id: "graph/any-depth",
    what: "a depth that cannot be is replaced by one that can",
    caughtBy: ["graph/knowledge-graph-arguments"],
    open: asking(({ maxDepth }) => ({
      maxDepth: Number.isInteger(maxDepth) ? Math.max(0, Number(maxDepth)) : 3,
    })),
  },
  {
    id: "graph/any-max-nodes",
    what: "a maxNodes that cannot be is replaced by one that can",
    caughtBy: ["graph/knowledge-graph-arguments"],
    open: asking(({ maxNodes }) => ({ maxNodes: Number(maxNodes) >= 0 ? maxNodes : undefined })),
  },
  {
    id: "graph/knowledge-graph-ignores-abort",
    what: "a neighbourhood is collected although the signal is aborted",
    caughtBy: ["graph/knowledge-graph-arguments"],
    open: faultyGraphGuard((storage) => ({
      getKnowledgeGraph: (label, options = {}) =>
        storage.getKnowledgeGraph(label, without(options, "signal")),
    })),
  },
];

/** Faults in how far a neighbourhood goes, and from where. */
export const KNOWLEDGE_GRAPH_MUTANTS: readonly GraphMutant[] = [...EXTENT_MUTANTS, ...START_MUTANTS];
