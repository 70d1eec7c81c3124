import type { NodePair } from "@tetrad/core";
import { compareCodePoints, type LabelCandidate } from "@tetrad/core/plugin";
import { LayeredRows, type LayeredTable, type SnapshotState } from "@tetrad/file-engine";

import type { AttributeRow } from "./attribute-row.js";
import { attributeShapes } from "./attribute-shape.js";
import { DegreeRanking } from "./degree-ranking.js";
import { EncodedAttributes, mergeAttributes } from "./encoded-attributes.js";
import { LabelText } from "./label-text.js";
import { pairKey } from "./pair-key.js";
import { Vertex } from "./vertex.js";

export interface NodeRow {
  readonly vertex: Vertex;
  readonly attributes: AttributeRow;
}

/** An edge, with its ends in the order in which it was first inserted. */
export interface EdgeRow {
  readonly source: Vertex;
  readonly target: Vertex;
  readonly attributes: AttributeRow;
}

/** A graph in memory: rows of nodes and of edges, and what is derived from them as they change. */
export class GraphContent implements SnapshotState {
  readonly shapes = attributeShapes;
  readonly nodes = new LayeredRows<NodeRow>({
    onChange: (_, before, after) => this.#changeNode(before?.vertex, after?.vertex),
  });
  /** By `pairKey`. */
  readonly edges = new LayeredRows<EdgeRow>({
    onChange: (_, before, after) => this.#changeEdge(before, after),
  });
  readonly tables: readonly LayeredTable[] = [this.nodes, this.edges];
  readonly #ranking = new DegreeRanking();
  /** Kept until a label comes or goes. */
  #sortedLabels: readonly string[] | undefined;
  #labelText: LabelText | undefined;
  readonly #noAttributes: AttributeRow = EncodedAttributes.of(new Map(), this.shapes);

  edge([a, b]: NodePair): EdgeRow | undefined {
    return this.edges.get(pairKey(a, b));
  }

  /** A self-loop counts twice; 0 where there is no such node. */
  degree(id: string): number {
    return this.nodes.get(id)?.vertex.degree ?? 0;
  }

  /** None where there is no such node. */
  neighbours(id: string): Iterable<Vertex> {
    return this.nodes.get(id)?.vertex.neighbours ?? [];
  }

  /** The first labels by degree, then in code-point order. */
  popularLabels(limit: number): string[] {
    return this.#ranking.first(limit);
  }

  /** In code-point order. */
  sortedLabels(): readonly string[] {
    return (this.#sortedLabels ??= [...this.nodes.ids()].sort(compareCodePoints));
  }

  /** The labels that contain a text in lower case, in no order. */
  labelsContaining(text: string): readonly LabelCandidate[] {
    return (this.#labelText ??= new LabelText(this.#ranking.all())).containing(text);
  }

  mergeNode(id: string, given: EncodedAttributes): void {
    const row = this.nodes.get(id);
    if (row === undefined) this.insertNode(id, given);
    else
      this.nodes.set(id, {
        vertex: row.vertex,
        attributes: mergeAttributes(row.attributes, given, this.shapes),
      });
  }

  /** Ends that are missing are created without attributes. */
  mergeEdge(source: string, target: string, given: EncodedAttributes, key = pairKey(source, target)): void {
    const from = this.nodes.get(source)?.vertex ?? this.insertNode(source, this.#noAttributes);
    const to = this.nodes.get(target)?.vertex ?? this.insertNode(target, this.#noAttributes);
    const row = from.isNeighbourOf(to) ? this.edges.get(key) : undefined;
    if (row === undefined) this.edges.set(key, { source: from, target: to, attributes: given });
    else this.edges.set(key, { ...row, attributes: mergeAttributes(row.attributes, given, this.shapes) });
  }

  /** A node that is not there yet. */
  insertNode(id: string, attributes: AttributeRow): Vertex {
    const vertex = new Vertex(id);
    this.nodes.set(id, { vertex, attributes });
    return vertex;
  }

  /** An edge that is not there yet. */
  insertEdge(row: EdgeRow): void {
    this.edges.set(pairKey(row.source.label, row.target.label), row);
  }

  /** The node and its edges. */
  removeNode(id: string): void {
    const vertex = this.nodes.get(id)?.vertex;
    if (vertex === undefined) return;
    // They change as edges go.
    const neighbours = Array.from(vertex.neighbours);
    for (const { label } of neighbours) this.edges.delete(pairKey(id, label));
    this.nodes.delete(id);
  }

  clear(): void {
    for (const key of this.edges.ids()) this.edges.delete(key);
    for (const id of this.nodes.ids()) this.nodes.delete(id);
  }

  #changeNode(before: Vertex | undefined, after: Vertex | undefined): void {
    if (before === after) return;
    this.#sortedLabels = undefined;
    this.#labelText = undefined;
    if (before !== undefined) {
      this.#unrank(before);
      before.isPresent = false;
    }
    if (after !== undefined) {
      after.isPresent = true;
      this.#rank(after);
    }
  }

  #changeEdge(before: EdgeRow | undefined, after: EdgeRow | undefined): void {
    if (before !== undefined && after !== undefined) return;
    const row = before ?? after;
    if (row === undefined) return;
    const { source, target } = row;
    this.#unrank(source);
    if (target !== source) this.#unrank(target);
    if (after === undefined) {
      source.disconnect(target);
      target.disconnect(source);
    } else {
      source.connect(target);
      target.connect(source);
    }
    this.#rank(source);
    if (target !== source) this.#rank(target);
  }

  #rank(vertex: Vertex): void {
    if (vertex.isPresent) this.#ranking.add(vertex);
  }

  #unrank(vertex: Vertex): void {
    if (vertex.isPresent) this.#ranking.remove(vertex);
  }
}
