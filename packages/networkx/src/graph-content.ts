import type { GraphAttributes, NodePair } from "@tetrad/core";
import { UndirectedGraph } from "graphology";

import { mergeAttributes, NO_ATTRIBUTES, type StoredAttributes } from "./attribute-value.js";

interface Row {
  readonly attributes: StoredAttributes;
  /** Grows with each insertion, so that an iteration leaves out what was inserted after it began. */
  readonly sequence: number;
}

/**
 * A graph in memory. graphology keeps neighbours in plain objects, where `__proto__` is no key and
 * `10` comes before `9`; so ids carry a letter in front inside it.
 */
export class GraphContent {
  readonly #graph = new UndirectedGraph<Row, Row>({ allowSelfLoops: true });
  #lastSequence = 0;

  get lastSequence(): number {
    return this.#lastSequence;
  }

  hasNode(id: string): boolean {
    return this.#graph.hasNode(keyOf(id));
  }

  node(id: string): StoredAttributes | undefined {
    return this.hasNode(id) ? this.#graph.getNodeAttribute(keyOf(id), "attributes") : undefined;
  }

  edge([a, b]: NodePair): StoredAttributes | undefined {
    const edge = this.#edgeKey(a, b);
    return edge === undefined ? undefined : this.#graph.getEdgeAttribute(edge, "attributes");
  }

  /** A self-loop counts twice; 0 where there is no such node. */
  degree(id: string): number {
    return this.hasNode(id) ? this.#graph.degree(keyOf(id)) : 0;
  }

  neighbours(id: string): string[] {
    return this.hasNode(id) ? this.#graph.mapNeighbors(keyOf(id), idOf) : [];
  }

  *ids(): Iterable<string> {
    for (const { node } of this.#graph.nodeEntries()) yield idOf(node);
  }

  /** Nodes in insertion order, without those inserted after the first was asked for. */
  *nodes(): Iterable<[string, StoredAttributes]> {
    const last = this.#lastSequence;
    for (const { node, attributes } of this.#graph.nodeEntries()) {
      if (attributes.sequence <= last) yield [idOf(node), attributes.attributes];
    }
  }

  /** Each edge once, in insertion order, without those inserted after the first was asked for. */
  *edges(): Iterable<[string, string, StoredAttributes]> {
    const last = this.#lastSequence;
    for (const { source, target, attributes } of this.#graph.edgeEntries()) {
      if (attributes.sequence <= last) yield [idOf(source), idOf(target), attributes.attributes];
    }
  }

  mergeNode(id: string, given: GraphAttributes): void {
    this.setNode(id, mergeAttributes(this.node(id) ?? NO_ATTRIBUTES, given));
  }

  mergeEdge(a: string, b: string, given: GraphAttributes): void {
    this.setEdge(a, b, mergeAttributes(this.edge([a, b]) ?? NO_ATTRIBUTES, given));
  }

  setNode(id: string, attributes: StoredAttributes): void {
    const key = keyOf(id);
    if (this.#graph.hasNode(key)) this.#graph.setNodeAttribute(key, "attributes", attributes);
    else this.#graph.addNode(key, this.#row(attributes));
  }

  /** Ends that are missing are created without attributes. */
  setEdge(a: string, b: string, attributes: StoredAttributes): void {
    const edge = this.#edgeKey(a, b);
    if (edge !== undefined) {
      this.#graph.setEdgeAttribute(edge, "attributes", attributes);
      return;
    }
    if (!this.hasNode(a)) this.setNode(a, NO_ATTRIBUTES);
    if (!this.hasNode(b)) this.setNode(b, NO_ATTRIBUTES);
    this.#graph.addUndirectedEdge(keyOf(a), keyOf(b), this.#row(attributes));
  }

  /** The node and its edges. */
  removeNode(id: string): void {
    if (this.hasNode(id)) this.#graph.dropNode(keyOf(id));
  }

  removeEdge(a: string, b: string): void {
    const edge = this.#edgeKey(a, b);
    if (edge !== undefined) this.#graph.dropEdge(edge);
  }

  #edgeKey(a: string, b: string): string | undefined {
    return this.hasNode(a) && this.hasNode(b) ? this.#graph.edge(keyOf(a), keyOf(b)) : undefined;
  }

  #row(attributes: StoredAttributes): Row {
    this.#lastSequence += 1;
    return { attributes, sequence: this.#lastSequence };
  }
}

function keyOf(id: string): string {
  return `n${id}`;
}

function idOf(key: string): string {
  return key.slice(1);
}
