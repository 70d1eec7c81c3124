/** Pseudo-random numbers that are the same in every run. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  normals(dimension: number): Float32Array {
    return Float32Array.from({ length: dimension }, () => this.normal());
  }
}

export function unit(vector: ArrayLike<number>): Float32Array {
  const copy = Float64Array.from(vector);
  const length = Math.sqrt(copy.reduce((sum, component) => sum + component * component, 0));
  return Float32Array.from(copy, (component) => component / length);
}

/** Makes vectors of one kind of data. */
type Source = (random: Random, dimension: number) => () => Float32Array;

/** Data as embedding models give it, and data that is hard on codes of 8 bits. */
export const DATA: Readonly<Record<string, Source>> = {
  isotropic: (random, dimension) => () => random.normals(dimension),
  clustered: (random, dimension) => {
    const centres = Array.from({ length: 12 }, () => random.normals(dimension));
    return () => {
      const centre = centres[random.below(centres.length)];
      return random.normals(dimension).map((component, index) => (centre?.[index] ?? 0) + component / 10);
    };
  },
  "common mean": (random, dimension) => {
    const mean = random.normals(dimension);
    return () => random.normals(dimension).map((component, index) => component + 3 * (mean[index] ?? 0));
  },
  "outlier dimensions": (random, dimension) => () =>
    random.normals(dimension).map((component, index) => component * (index % 29 === 3 ? 40 : 1)),
  // Each row has its largest component elsewhere: the codes of the others are nothing.
  spikes: (random, dimension) => () => {
    const vector = random.normals(dimension);
    vector[random.below(dimension)] = 1000;
    return vector;
  },
  // Every code is a half off: no row can be further from its codes.
  "worst for codes": (random, dimension) => () =>
    Float32Array.from({ length: dimension }, (_, index) =>
      index === 0 ? 127 : (random.below(2) - 0.5) * (random.below(5) * 2 + 1),
    ),
  // Few points, so that equal scores are everywhere.
  coarse: (random, dimension) => () => {
    const vector = Float32Array.from({ length: dimension }, () => random.below(3) - 1);
    vector[0] = 1;
    return vector;
  },
};

/**
 * The float32 score as the kernels define it: 16 sums in turn, added up in one order. Written anew
 * here, as plainly as can be.
 */
export function float32Score(query: Float32Array, row: Float32Array): number {
  const { fround } = Math;
  const sums = new Float32Array(16);
  for (let index = 0; index < row.length; index += 1) {
    const product = fround((query[index] ?? 0) * (row[index] ?? 0));
    sums[index % 16] = (sums[index % 16] ?? 0) + product;
  }
  const lane = (index: number): number => sums[index] ?? 0;
  const lanes = [0, 1, 2, 3].map((index) =>
    fround(fround(lane(index) + lane(index + 4)) + fround(lane(index + 8) + lane(index + 12))),
  );
  const [first = 0, second = 0, third = 0, fourth = 0] = lanes;
  return fround(fround(first + second) + fround(third + fourth));
}

/** The product in float64. */
export function float64Score(query: Float32Array, row: Float32Array): number {
  return row.reduce((sum, component, index) => sum + component * (query[index] ?? 0), 0);
}
