import type { Vertex } from "./vertex.js";

/** What no label holds: XML forbids it. */
const SEPARATOR = "\0";

/** The labels of a graph in lower case as one text, which is searched many times as fast as each of them. */
export class LabelText {
  readonly #vertices: readonly Vertex[];
  readonly #text: string;
  /** Where each label ends. */
  readonly #ends: Float64Array;

  constructor(vertices: readonly Vertex[]) {
    this.#vertices = vertices;
    const labels = vertices.map(({ lowerCase }) => lowerCase);
    this.#text = labels.join(SEPARATOR);
    this.#ends = new Float64Array(labels.length);
    let end = -SEPARATOR.length;
    for (const [index, { length }] of labels.entries()) {
      end += SEPARATOR.length + length;
      this.#ends[index] = end;
    }
  }

  /** The vertices whose labels contain a text in lower case, in no order. */
  containing(text: string): Vertex[] {
    const found: Vertex[] = [];
    if (text.includes(SEPARATOR)) return found;
    let index = 0;
    for (let place = this.#text.indexOf(text); place >= 0;) {
      while ((this.#ends[index] ?? Number.POSITIVE_INFINITY) < place) index += 1;
      const vertex = this.#vertices[index];
      if (vertex === undefined) break;
      found.push(vertex);
      place = this.#text.indexOf(text, this.#ends[index]);
    }
    return found;
  }
}
