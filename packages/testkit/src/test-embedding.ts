import { createHash } from "node:crypto";

import type { Embedding, EmbedOptions } from "@tetrad/core";

export interface EmbedCall {
  readonly texts: readonly string[];
  readonly context: EmbedOptions["context"];
  readonly priority: number;
}

/** An embedding for tests: the same text always has the same vector, and every call is recorded. */
export class TestEmbedding implements Embedding {
  readonly dimension: number;
  readonly modelName: string | undefined;
  readonly calls: EmbedCall[] = [];
  /** Vectors of particular texts; other texts have one made from their hash. */
  readonly vectors = new Map<string, readonly number[]>();
  /** Runs before each call; may wait, throw, or give other vectors in place of the right ones. */
  intercept: ((call: EmbedCall) => Promise<readonly ArrayLike<number>[] | void> | void) | undefined;
  /** Calls under way, and the most there ever were. */
  running = 0;
  mostRunning = 0;

  constructor(dimension = 8, modelName?: string) {
    this.dimension = dimension;
    this.modelName = modelName;
  }

  async embed(texts: readonly string[], options: EmbedOptions): Promise<readonly ArrayLike<number>[]> {
    const call = { texts: [...texts], context: options.context, priority: options.priority };
    this.calls.push(call);
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    try {
      const replaced = await this.intercept?.(call);
      return replaced ?? texts.map((text) => this.vectorOf(text));
    } finally {
      this.running -= 1;
    }
  }

  /** The vector of a text, not of unit length. */
  vectorOf(text: string): readonly number[] {
    return this.vectors.get(text) ?? hashVector(text, this.dimension);
  }
}

/** A model that stands still in the middle of its work. */
export interface HeldModel {
  /** Resolves when the model is called. */
  readonly called: Promise<void>;
  /** Lets it go on, for good. */
  release(): void;
}

/** Makes the model stand still at its next calls. */
export function holdModel(embedding: TestEmbedding): HeldModel {
  let release = (): void => {};
  let call = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const called = new Promise<void>((resolve) => (call = resolve));
  embedding.intercept = async () => {
    call();
    await released;
  };
  return {
    called,
    release() {
      embedding.intercept = undefined;
      release();
    },
  };
}

/** Components between -1 and 1, made from the md5 of the text. */
export function hashVector(text: string, dimension: number): number[] {
  const vector: number[] = [];
  for (let block = 0; vector.length < dimension; block += 1) {
    const digest = createHash("md5").update(`${block}:${text}`).digest();
    for (let offset = 0; offset < digest.length && vector.length < dimension; offset += 2) {
      vector.push(digest.readInt16LE(offset) / 32_768);
    }
  }
  return vector;
}

/** Cosine similarity in double precision. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let product = 0;
  let squaresOfA = 0;
  let squaresOfB = 0;
  for (let index = 0; index < a.length; index += 1) {
    const [left = 0, right = 0] = [a[index], b[index]];
    product += left * right;
    squaresOfA += left * left;
    squaresOfB += right * right;
  }
  return product / Math.sqrt(squaresOfA * squaresOfB);
}
