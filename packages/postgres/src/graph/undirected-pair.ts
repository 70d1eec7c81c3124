import type { NodePair } from "@tetrad/core";
import { compareCodePoints } from "@tetrad/core/plugin";

/** A pair with the end in front that sorts first by code point: so edges are stored. */
export function sortedPair([a, b]: NodePair): NodePair {
  return compareCodePoints(a, b) <= 0 ? [a, b] : [b, a];
}
