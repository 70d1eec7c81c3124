import { compareCodePoints, selectFirst } from "@tetrad/core/plugin";

import type { Vertex } from "./vertex.js";

/** The vertices that are present by degree, so that the first of them are found without sorting them all. */
export class DegreeRanking {
  readonly #buckets = new Map<number, Vertex[]>();

  add(vertex: Vertex): void {
    const { degree } = vertex;
    const bucket = this.#buckets.get(degree);
    vertex.place = bucket?.length ?? 0;
    if (bucket === undefined) this.#buckets.set(degree, [vertex]);
    else bucket.push(vertex);
  }

  /** Takes a vertex out; its degree must be the one it was added with. */
  remove(vertex: Vertex): void {
    const bucket = this.#buckets.get(vertex.degree);
    const last = bucket?.pop();
    if (bucket === undefined || last === undefined) return;
    if (bucket.length === 0) this.#buckets.delete(vertex.degree);
    if (last === vertex) return;
    bucket[vertex.place] = last;
    last.place = vertex.place;
  }

  /** All vertices, in no order. */
  all(): Vertex[] {
    return [...this.#buckets.values()].flat();
  }

  /** The first labels by degree, then in code-point order. */
  first(limit: number): string[] {
    const labels: string[] = [];
    const degrees = [...this.#buckets.keys()].sort((a, b) => b - a);
    for (const degree of degrees) {
      const room = limit - labels.length;
      if (room <= 0) break;
      const bucket = this.#buckets.get(degree) ?? [];
      for (const { label } of selectFirst(bucket, room, compareLabels)) labels.push(label);
    }
    return labels;
  }
}

function compareLabels(a: Vertex, b: Vertex): number {
  return compareCodePoints(a.label, b.label);
}
