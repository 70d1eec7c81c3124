/** More neighbours than that are kept in a set. */
const MOST_LISTED = 12;
/** Shared, and so never changed. */
const NO_NEIGHBOURS: Vertex[] = [];

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
  /** A list while they are few, which takes a third of the memory of a set. */
  #neighbours: Vertex[] | Set<Vertex> = NO_NEIGHBOURS;
  #lowerCase: string | undefined;

  constructor(label: string) {
    this.label = label;
  }

  get lowerCase(): string {
    return (this.#lowerCase ??= this.label.toLowerCase());
  }

  get neighbours(): Iterable<Vertex> {
    return this.#neighbours;
  }

  /** A self-loop counts twice. */
  get degree(): number {
    const neighbours = this.#neighbours;
    const count = Array.isArray(neighbours) ? neighbours.length : neighbours.size;
    return count + (this.isNeighbourOf(this) ? 1 : 0);
  }

  isNeighbourOf(vertex: Vertex): boolean {
    const neighbours = this.#neighbours;
    return Array.isArray(neighbours) ? neighbours.includes(vertex) : neighbours.has(vertex);
  }

  connect(neighbour: Vertex): void {
    if (this.isNeighbourOf(neighbour)) return;
    if (!Array.isArray(this.#neighbours)) {
      this.#neighbours.add(neighbour);
    } else if (this.#neighbours.length < MOST_LISTED) {
      if (this.#neighbours.length === 0) this.#neighbours = [neighbour];
      else this.#neighbours.push(neighbour);
    } else {
      this.#neighbours = new Set(this.#neighbours).add(neighbour);
    }
  }

  disconnect(neighbour: Vertex): void {
    if (Array.isArray(this.#neighbours)) {
      const place = this.#neighbours.indexOf(neighbour);
      if (place >= 0) this.#neighbours.splice(place, 1);
    } else {
      this.#neighbours.delete(neighbour);
    }
  }
}
