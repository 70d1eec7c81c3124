/**
 * The best hits so far, at most `limit`: the higher score is better, at equal scores the earlier slot.
 * Scores below the threshold are for the caller to leave out.
 */
export class BestHits {
  readonly #limit: number;
  readonly #threshold: number;
  /** A heap whose root is the worst hit. */
  readonly #hits: { score: number; slot: number }[] = [];

  constructor(limit: number, threshold = Number.NEGATIVE_INFINITY) {
    this.#limit = limit;
    this.#threshold = threshold;
  }

  /** No lower score can become a hit. An equal one may. */
  get floor(): number {
    if (this.#hits.length < this.#limit) return this.#threshold;
    return this.#hits[0]?.score ?? Number.POSITIVE_INFINITY;
  }

  add(score: number, slot: number): void {
    if (this.#hits.length < this.#limit) {
      this.#hits.push({ score, slot });
      this.#rise(this.#hits.length - 1);
      return;
    }
    const worst = this.#hits[0];
    if (worst === undefined || score < worst.score || (score === worst.score && slot > worst.slot)) return;
    this.#hits[0] = { score, slot };
    this.#sink();
  }

  /** Best first. */
  sorted(): { score: number; slot: number }[] {
    return [...this.#hits].sort((a, b) => b.score - a.score || a.slot - b.slot);
  }

  #rise(start: number): void {
    for (let child = start; child > 0;) {
      const parent = (child - 1) >> 1;
      if (!this.#isWorse(child, parent)) return;
      this.#swap(child, parent);
      child = parent;
    }
  }

  #sink(): void {
    for (let parent = 0; ;) {
      const left = 2 * parent + 1;
      let worst = parent;
      if (this.#isWorse(left, worst)) worst = left;
      if (this.#isWorse(left + 1, worst)) worst = left + 1;
      if (worst === parent) return;
      this.#swap(parent, worst);
      parent = worst;
    }
  }

  #isWorse(index: number, than: number): boolean {
    const a = this.#hits[index];
    const b = this.#hits[than];
    if (a === undefined || b === undefined) return false;
    return a.score < b.score || (a.score === b.score && a.slot > b.slot);
  }

  #swap(a: number, b: number): void {
    const first = this.#hits[a];
    const second = this.#hits[b];
    if (first === undefined || second === undefined) return;
    this.#hits[a] = second;
    this.#hits[b] = first;
  }
}
