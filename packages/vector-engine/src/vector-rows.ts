import { CodeFrame } from "./code-frame.js";
import { divisorOf } from "./direction.js";
import { FrameChoice } from "./frame-choice.js";
import { compileKernel } from "./kernel.js";
import { PlainSlab } from "./plain-slab.js";
import { SimdSlab } from "./simd-slab.js";
import { ROWS_PER_CALL, rowsPerSlab, type VectorSlab } from "./vector-slab.js";

/** How rows are scored: `simd` in WebAssembly where it runs, `plain` in JavaScript. Same bits. */
export type VectorKernel = "simd" | "plain";

/** Float32 rows of one length, in slabs that never move, so that a scan may go on while rows are added. */
export class VectorRows {
  readonly dimension: number;
  readonly perSlab: number;
  readonly frames: FrameChoice;
  /** The SIMD kernel, where it was asked for and runs. */
  readonly #module: ReturnType<typeof compileKernel>;
  readonly #slabs: VectorSlab[] = [];

  /** @param frames what other rows of the same kind learned about frames */
  constructor(dimension: number, kernel: VectorKernel, frames = new FrameChoice()) {
    this.dimension = dimension;
    this.perSlab = rowsPerSlab(dimension);
    this.frames = frames;
    this.#module = kernel === "simd" ? compileKernel() : null;
  }

  /** What scores the rows. */
  get kernel(): VectorKernel {
    return this.#module === null ? "plain" : "simd";
  }

  /** The row as a view into its slab, made if need be. */
  row(slot: number): Float32Array {
    return this.slabOf(slot).row(slot % this.perSlab);
  }

  /** The slab that has the slot, made if need be. */
  slabOf(slot: number): VectorSlab {
    return (this.#slabs[Math.floor(slot / this.perSlab)] ??= this.#makeSlab());
  }

  /** How many rows from the slot on are next to each other, and may be scaled in one go. */
  roomFrom(slot: number): number {
    return Math.min(this.perSlab - (slot % this.perSlab), ROWS_PER_CALL);
  }

  /** Writes rows that stand one after another to slots that have room for them. */
  write(slot: number, components: Float32Array): void {
    const { dimension } = this;
    const count = components.length / dimension;
    const rows = this.slabOf(slot).rows(slot % this.perSlab, count);
    if (rows.length === components.length) {
      rows.set(components);
      return;
    }
    const stride = rows.length / count;
    for (let row = 0; row < count; row += 1)
      rows.set(components.subarray(row * dimension, (row + 1) * dimension), row * stride);
  }

  /**
   * Gives unit length to rows that are next to each other; those that have it stay as they are.
   *
   * @returns which of them have no direction: zero or not finite, and left as they are
   */
  scaleToUnit(slot: number, count: number): number[] {
    const slab = this.slabOf(slot);
    const first = slot % this.perSlab;
    const squares = slab.squaredLengths(first, count);
    const directionless: number[] = [];
    for (let row = 0; row < count; row += 1) {
      const divisor = divisorOf(squares[row] as number);
      if (divisor === undefined) directionless.push(row);
      else if (divisor !== 1) slab.divide(first + row, divisor);
    }
    return directionless;
  }

  /** To be called after a row was written. */
  noteWritten(slot: number): void {
    this.slabOf(slot).codes?.markStale(slot % this.perSlab);
  }

  noteDeleted(slot: number): void {
    this.slabOf(slot).codes?.markDead(slot % this.perSlab);
  }

  /** The frame for the codes of the first `count` rows. */
  frame(count: number): CodeFrame {
    return this.frames.frameFor(count, () => {
      const sample = CodeFrame.sampleOf(count, this.dimension).map((slot) => this.row(slot));
      return CodeFrame.of(sample, this.dimension);
    });
  }

  #makeSlab(): VectorSlab {
    if (this.#module === null) return new PlainSlab(this.dimension);
    try {
      return new SimdSlab(this.#module, this.dimension);
    } catch (error) {
      // Thousands of memories fit in a process, and after them arrays still do.
      if (error instanceof RangeError) return new PlainSlab(this.dimension);
      throw error;
    }
  }
}
