import type {
  GraphAttributes,
  GraphStorage,
  KnowledgeGraph,
  KnowledgeGraphOptions,
  NodeAttributes,
  NodePair,
} from "../contracts/graph-storage.js";
import type { GraphStorageImplementation } from "../contracts/implementations.js";
import type { EntriesOptions } from "../contracts/storage.js";
import { InvalidArgumentError, InvalidRecordError, StorageContractError } from "../errors/index.js";
import { collectKnowledgeGraph, type GraphReader } from "../graph/knowledge-graph.js";
import { normalizeQuery, rankByDegree, rankLabels } from "../graph/label-search.js";
import { PairMap } from "../graph/pair-map.js";
import { compareCodePoints } from "../text/code-point-order.js";
import { alignResults } from "./align-results.js";
import {
  checkId,
  checkInteger,
  checkIterable,
  checkLookupId,
  checkLookupIds,
  checkText,
  describe,
  quote,
} from "./argument-checks.js";
import { RecordCleaner } from "./record-cleaning.js";
import { batchOptions } from "./record-storage-guard.js";
import { StorageSession } from "./storage-session.js";

const DEFAULT_DEPTH = 3;
const DEFAULT_POPULAR = 300;
const DEFAULT_FOUND = 50;

/** The guard of graph storages, with the defaults of what a backend may leave out. */
export class GraphGuard extends StorageSession<GraphStorageImplementation> implements GraphStorage {
  async hasNode(id: string): Promise<boolean> {
    return (await this.hasNodesBatch([id])).has(id);
  }

  async hasEdge(a: string, b: string): Promise<boolean> {
    return (await this.getEdge(a, b)) !== null;
  }

  async nodeDegree(id: string): Promise<number> {
    return (await this.nodeDegreesBatch([id])).get(id) ?? 0;
  }

  async edgeDegree(a: string, b: string): Promise<number> {
    return (await this.edgeDegreesBatch([[a, b]]))[0] ?? 0;
  }

  async getNode(id: string): Promise<NodeAttributes | null> {
    return (await this.getNodesBatch([id])).get(id) ?? null;
  }

  async getEdge(a: string, b: string): Promise<GraphAttributes | null> {
    return (await this.getEdgesBatch([[a, b]]))[0] ?? null;
  }

  async getNodeEdges(id: string): Promise<[string, string][] | null> {
    const edges = (await this.getNodesEdgesBatch([id])).get(id) ?? [];
    return edges.length > 0 || (await this.hasNode(id)) ? edges : null;
  }

  async getNodesBatch(ids: Iterable<string>): Promise<Map<string, NodeAttributes>> {
    const asked = checkLookupIds(ids);
    return this.run(() => this.#fetchNodes(asked));
  }

  async nodeDegreesBatch(ids: Iterable<string>): Promise<Map<string, number>> {
    const asked = checkLookupIds(ids);
    return this.run(() => this.#fetchDegrees(asked));
  }

  async edgeDegreesBatch(pairs: Iterable<NodePair>): Promise<number[]> {
    const asked = checkPairs(pairs);
    const degrees = await this.nodeDegreesBatch(asked.flat());
    return asked.map(([a, b]) => (degrees.get(a) ?? 0) + (degrees.get(b) ?? 0));
  }

  async getEdgesBatch(pairs: Iterable<NodePair>): Promise<(GraphAttributes | null)[]> {
    const asked = checkPairs(pairs);
    const distinct = new PairMap<NodePair>();
    for (const pair of asked) distinct.set(pair, pair);
    const found = await this.run(() => this.#fetchEdges([...distinct.values()]));
    return alignResults(asked, (pair) => found.get(pair));
  }

  async getNodesEdgesBatch(ids: Iterable<string>): Promise<Map<string, [string, string][]>> {
    const asked = checkLookupIds(ids);
    return this.run(() => this.#fetchNodesEdges(asked));
  }

  async hasNodesBatch(ids: Iterable<string>): Promise<Set<string>> {
    const asked = checkLookupIds(ids);
    return this.run(async () => {
      if (this.implementation.hasNodesBatch !== undefined) return this.implementation.hasNodesBatch(asked);
      return new Set((await this.#fetchNodes(asked)).keys());
    });
  }

  upsertNode(id: string, attributes: GraphAttributes): Promise<void> {
    return this.upsertNodesBatch([[id, attributes]]);
  }

  upsertEdge(a: string, b: string, attributes: GraphAttributes): Promise<void> {
    return this.upsertEdgesBatch([[a, b, attributes]]);
  }

  async upsertNodesBatch(nodes: Iterable<readonly [string, GraphAttributes]>): Promise<void> {
    const cleaner = new RecordCleaner("xml");
    const merged = new Map<string, GraphAttributes>();
    for (const [id, attributes] of checkIterable(nodes, "nodes")) {
      this.#checkId(id);
      const cleaned = cleaner.attributes(attributes, id);
      const entityId = cleaned["entity_id"] ?? id;
      if (entityId !== id) {
        throw new InvalidRecordError(
          `Node ${quote(id)}: entity_id is ${describe(entityId)}, but has to be the node's id`,
          {
            path: "entity_id",
          },
        );
      }
      merged.set(id, withEntityIdFirst(id, merged.get(id), cleaned));
    }
    this.reportRemovedCharacters(cleaner.removed);
    await this.run(async () => {
      if (merged.size > 0) await this.implementation.upsertNodesBatch([...merged]);
    });
  }

  async upsertEdgesBatch(edges: Iterable<readonly [string, string, GraphAttributes]>): Promise<void> {
    const cleaner = new RecordCleaner("xml");
    const merged = new PairMap<[string, string, GraphAttributes]>();
    for (const [a, b, attributes] of checkIterable(edges, "edges")) {
      const pair: NodePair = [this.#checkId(a), this.#checkId(b)];
      const cleaned = cleaner.attributes(attributes, `${a} – ${b}`);
      merged.update(pair, (known) => [...pair, known === undefined ? cleaned : { ...known[2], ...cleaned }]);
    }
    this.reportRemovedCharacters(cleaner.removed);
    await this.run(async () => {
      if (merged.size > 0) await this.implementation.upsertEdgesBatch([...merged.values()]);
    });
  }

  deleteNode(id: string): Promise<void> {
    return this.removeNodes([id]);
  }

  async removeNodes(ids: Iterable<string>): Promise<void> {
    const asked = checkLookupIds(ids);
    await this.run(async () => {
      if (asked.length > 0) await this.implementation.removeNodes(asked);
    });
  }

  async removeEdges(pairs: Iterable<NodePair>): Promise<void> {
    const asked = checkPairs(pairs);
    await this.run(async () => {
      if (asked.length > 0) await this.implementation.removeEdges(asked);
    });
  }

  async getAllLabels(): Promise<string[]> {
    const getAllLabels = this.implementation.getAllLabels?.bind(this.implementation);
    if (getAllLabels !== undefined) return this.run(() => getAllLabels());
    const labels: string[] = [];
    for await (const [id] of this.nodes()) labels.push(id);
    return labels.sort(compareCodePoints);
  }

  async getPopularLabels(limit = DEFAULT_POPULAR): Promise<string[]> {
    checkInteger(limit, "limit", 0);
    const getPopularLabels = this.implementation.getPopularLabels?.bind(this.implementation);
    if (getPopularLabels !== undefined) return this.run(() => getPopularLabels(limit));
    return rankByDegree(await this.#allDegrees(), limit);
  }

  async searchLabels(query: string, limit = DEFAULT_FOUND): Promise<string[]> {
    checkText(query, "The query");
    checkInteger(limit, "limit", 0);
    const wanted = normalizeQuery(query);
    if (wanted === "" || limit === 0) return this.run(async () => []);
    const searchLabels = this.implementation.searchLabels?.bind(this.implementation);
    const candidates =
      searchLabels === undefined
        ? await this.getAllLabels()
        : await this.run(() => searchLabels(wanted, limit));
    return rankLabels(candidates, wanted, limit);
  }

  async getKnowledgeGraph(label: string, options: KnowledgeGraphOptions = {}): Promise<KnowledgeGraph> {
    checkLookupId(label);
    const maxDepth = checkInteger(options.maxDepth ?? DEFAULT_DEPTH, "maxDepth", 0);
    const { maxGraphNodes } = this.context;
    const maxNodes = Math.min(checkInteger(options.maxNodes ?? maxGraphNodes, "maxNodes", 0), maxGraphNodes);
    const checked = { maxDepth, maxNodes, signal: options.signal };
    const getKnowledgeGraph = this.implementation.getKnowledgeGraph?.bind(this.implementation);
    if (getKnowledgeGraph !== undefined) {
      return this.run(() => getKnowledgeGraph(label, checked), options.signal);
    }
    return collectKnowledgeGraph(this.#reader(), label, checked);
  }

  nodes(options: EntriesOptions = {}): AsyncGenerator<[string, NodeAttributes], void, undefined> {
    return this.iterate(
      () => this.implementation.nodes(batchOptions(options)),
      ([id, attributes]): [string, NodeAttributes] => [id, withEntityId(id, attributes)],
      options.signal,
    );
  }

  edges(options: EntriesOptions = {}): AsyncGenerator<[string, string, GraphAttributes], void, undefined> {
    return this.iterate(
      () => this.implementation.edges(batchOptions(options)),
      ([a, b, attributes]): [string, string, GraphAttributes] => [a, b, attributes],
      options.signal,
    );
  }

  #checkId(id: string): string {
    return checkId(id, { maxIdBytes: this.capabilities.maxIdBytes, characters: "xml" });
  }

  async #fetchNodes(ids: readonly string[]): Promise<Map<string, NodeAttributes>> {
    const found =
      ids.length === 0 ? new Map<string, GraphAttributes>() : await this.implementation.getNodesBatch(ids);
    return inOrderOf(ids, (id) => {
      const attributes = found.get(id);
      return attributes === undefined ? undefined : withEntityId(id, attributes);
    });
  }

  async #fetchNodesEdges(ids: readonly string[]): Promise<Map<string, [string, string][]>> {
    const found =
      ids.length === 0
        ? new Map<string, [string, string][]>()
        : await this.implementation.getNodesEdgesBatch(ids);
    return inOrderOf(ids, (id) => found.get(id) ?? []);
  }

  async #fetchDegrees(ids: readonly string[]): Promise<Map<string, number>> {
    if (ids.length === 0) return new Map();
    if (this.implementation.nodeDegreesBatch !== undefined) {
      const found = await this.implementation.nodeDegreesBatch(ids);
      return inOrderOf(ids, (id) => found.get(id) ?? 0);
    }
    const edges = await this.#fetchNodesEdges(ids);
    return inOrderOf(ids, (id) => {
      const own = edges.get(id) ?? [];
      return own.length + (own.some(([, neighbour]) => neighbour === id) ? 1 : 0);
    });
  }

  async #fetchEdges(pairs: readonly NodePair[]): Promise<PairMap<GraphAttributes>> {
    const found = pairs.length === 0 ? [] : await this.implementation.getEdgesBatch(pairs);
    if (found.length !== pairs.length) {
      throw new StorageContractError(
        `${this.name}.getEdgesBatch gave ${found.length} results for ${pairs.length} pairs; they have to be aligned`,
      );
    }
    const edges = new PairMap<GraphAttributes>();
    for (const [index, pair] of pairs.entries()) {
      const attributes = found[index];
      if (attributes) edges.set(pair, attributes);
    }
    return edges;
  }

  async #allDegrees(): Promise<Map<string, number>> {
    const degrees = new Map<string, number>();
    for await (const [id] of this.nodes()) degrees.set(id, 0);
    for await (const [a, b] of this.edges()) {
      degrees.set(a, (degrees.get(a) ?? 0) + 1);
      degrees.set(b, (degrees.get(b) ?? 0) + 1);
    }
    return degrees;
  }

  #reader(): GraphReader {
    return {
      hasNode: (id) => this.hasNode(id),
      getNodesEdgesBatch: (ids) => this.getNodesEdgesBatch(ids),
      getNodesBatch: (ids) => this.getNodesBatch(ids),
      getEdgesBatch: (pairs) => this.getEdgesBatch(pairs),
      popularLabels: (limit) => this.getPopularLabels(limit),
    };
  }
}

/** Attributes over those that were given before. */
function withEntityIdFirst(
  id: string,
  known: GraphAttributes | undefined,
  given: GraphAttributes,
): GraphAttributes {
  const isFirst = known === undefined && Object.keys(given)[0] === "entity_id";
  return isFirst ? given : { entity_id: id, ...known, ...given };
}

function withEntityId(id: string, attributes: GraphAttributes): NodeAttributes {
  return Object.assign(attributes, { entity_id: id });
}

function checkPairs(pairs: Iterable<NodePair>): NodePair[] {
  return Array.from(checkIterable(pairs, "pairs"), (pair) => {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new InvalidArgumentError(`A pair has two node ids, and is not ${describe(pair)}`);
    }
    return [checkLookupId(pair[0]), checkLookupId(pair[1])];
  });
}

/** A map in the order of what was asked; `undefined` leaves an id out. */
function inOrderOf<T>(ids: readonly string[], valueOf: (id: string) => T | undefined): Map<string, T> {
  const ordered = new Map<string, T>();
  for (const id of ids) {
    const value = valueOf(id);
    if (value !== undefined) ordered.set(id, value);
  }
  return ordered;
}
