/**
 * A node as what is derived from the rows sees it: its neighbours, and what ranks and finds it.
 * Edges refer to the vertices they were inserted between, so neighbourhoods stay true in whatever
 * order rows of nodes and edges come, go and come back.
 */
export class Vertex {
  readonly label: string;
  /** Whether there is a row of it. */
  isPresent = false;
  /** Its place in its bucket of the ranking, while it is present. */
  place = 0;
  #neighbours: Set<Vertex> | undefined;
  #lowerCase: string | undefined;

  constructor(label: string) {
    this.label = label;
  }

  get lowerCase(): string {
    return (this.#lowerCase ??= this.label.toLowerCase());
  }

  get neighbours(): Iterable<Vertex> {
    return this.#neighbours ?? [];
  }

  /** A self-loop counts twice. */
  get degree(): number {
    const neighbours = this.#neighbours;
    return neighbours === undefined ? 0 : neighbours.size + (neighbours.has(this) ? 1 : 0);
  }

  isNeighbourOf(vertex: Vertex): boolean {
    return this.#neighbours?.has(vertex) ?? false;
  }

  connect(neighbour: Vertex): void {
    this.#neighbours ??= new Set();
    this.#neighbours.add(neighbour);
  }

  disconnect(neighbour: Vertex): void {
    this.#neighbours?.delete(neighbour);
  }
}
