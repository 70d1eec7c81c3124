import { strideOf } from "./vector-slab.js";

/** Rows that a frame is made from, and their components: a few milliseconds. */
const SAMPLE_ROWS = 1024;
const SAMPLE_COMPONENTS = 1_000_000;
/** What a frame may be off before the rows deserve new codes: the errors grow with the square of it. */
const CENTRE_TOLERANCE = 0.1;
const WEIGHT_TOLERANCE = 1.5;

/**
 * What the int8 codes of rows are relative to: a centre, and a weight for each dimension. Any frame
 * gives right bounds; one that fits the rows gives narrow ones. The centre takes away the direction
 * that rows have in common, the weights tame dimensions that are larger than the rest.
 */
export class CodeFrame {
  /** Padded with zeros, as the rows are. */
  readonly centre: Float32Array;
  /** None is below 1: a length divided by them does not grow. */
  readonly weights: Float32Array;
  readonly inverses: Float32Array;
  /** No row of unit length is farther from the centre. */
  readonly radius: number;

  constructor(centre: Float32Array, weights: Float32Array) {
    this.centre = centre;
    this.weights = weights;
    this.inverses = weights.map((weight) => 1 / weight);
    this.radius = 1 + Math.sqrt(centre.reduce((sum, component) => sum + component * component, 0)) + 1e-5;
  }

  /** The mean of a sample of rows, and how far its dimensions spread. */
  static of(rows: readonly Float32Array[], dimension: number): CodeFrame {
    const stride = strideOf(dimension);
    const sums = new Float64Array(stride);
    const squares = new Float64Array(stride);
    for (const row of rows) addTo(sums, squares, row);
    const centre = Float32Array.from(sums, (sum) => sum / rows.length);
    const variances = squares.map((square, index) =>
      Math.max(0, square / rows.length - (sums[index] as number) ** 2 / rows.length ** 2),
    );
    const usual = Math.sqrt(variances.reduce((sum, variance) => sum + variance, 0) / dimension);
    const weights = Float32Array.from(variances, (variance) =>
      usual > 0 ? Math.max(1, Math.sqrt(variance) / usual) : 1,
    );
    return new CodeFrame(centre, weights);
  }

  /** Slots of a sample, evenly spread over `count` of them. */
  static sampleOf(count: number, dimension: number): number[] {
    const size = Math.min(count, SAMPLE_ROWS, Math.max(1, Math.floor(SAMPLE_COMPONENTS / dimension)));
    return Array.from({ length: size }, (_, index) => Math.floor((index * count) / size));
  }

  /** Whether rows would be coded clearly better in the other frame, or clearly worse. */
  isFarFrom(other: CodeFrame): boolean {
    let distance = 0;
    for (const [index, component] of this.centre.entries()) {
      distance += (component - (other.centre[index] as number)) ** 2;
      const ratio = (this.weights[index] as number) / (other.weights[index] as number);
      if (ratio > WEIGHT_TOLERANCE || ratio < 1 / WEIGHT_TOLERANCE) return true;
    }
    return distance > CENTRE_TOLERANCE ** 2;
  }
}

function addTo(sums: Float64Array, squares: Float64Array, row: Float32Array): void {
  for (let index = 0; index < row.length; index += 1) {
    const component = row[index] as number;
    sums[index] = (sums[index] as number) + component;
    squares[index] = (squares[index] as number) + component * component;
  }
}
