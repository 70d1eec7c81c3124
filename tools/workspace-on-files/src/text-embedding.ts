import { createHash } from "node:crypto";

import type { Embedding } from "@tetrad/core";

const DIMENSION = 8;

/**
 * A model for the programs of this package: the same text always has the same vector. The test kit
 * has one too, but takes longer to load than a program that is killed soon lives.
 */
export class TextEmbedding implements Embedding {
  readonly dimension = DIMENSION;

  async embed(texts: readonly string[]): Promise<number[][]> {
    return texts.map(vectorOf);
  }
}

/** Of unit length. */
export function vectorOf(text: string): number[] {
  const digest = createHash("md5").update(text).digest();
  const components = Array.from({ length: DIMENSION }, (_, index) => digest.readInt16LE(index * 2) + 0.5);
  const length = Math.hypot(...components);
  return components.map((component) => component / length);
}
