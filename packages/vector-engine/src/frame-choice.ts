import type { CodeFrame } from "./code-frame.js";

/** A frame is looked at again when there are this many times the rows it was made from. */
const GROWTH = 4;
/** Searches in which the codes told little, before the frame is looked at again. Doubled each time it stays. */
const PATIENCE = 16;
/** Share of rows whose codes told little: more of them make a poor search. */
const POOR_SHARE = 0.1;

/** Which frame the rows are coded in. A new one costs new codes for all rows, so it must be worth it. */
export class FrameChoice {
  #frame: CodeFrame | undefined;
  /** How many rows there were when the frame was last looked at. */
  #rows = 0;
  #poorSearches = 0;
  #patience = PATIENCE;

  /** @param make makes a frame that fits the rows as they are */
  frameFor(rows: number, make: () => CodeFrame): CodeFrame {
    if (this.#frame !== undefined && rows < this.#rows * GROWTH && this.#poorSearches < this.#patience) {
      return this.#frame;
    }
    const fitting = make();
    if (this.#frame?.isFarFrom(fitting) ?? true) {
      this.#frame = fitting;
      this.#patience = PATIENCE;
    } else {
      this.#patience *= 2;
    }
    this.#rows = rows;
    this.#poorSearches = 0;
    return this.#frame ?? fitting;
  }

  /** Tells how a search went: of the rows whose codes it scanned, how many had to be scored. */
  noteSearch(scanned: number, survived: number): void {
    if (survived > scanned * POOR_SHARE) this.#poorSearches += 1;
  }
}
