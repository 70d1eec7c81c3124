import { SnapshotSyntaxError } from "@tetrad/file-engine";

/**
 * One key for an edge, whichever end comes first: the length of the end that sorts first in UTF-16
 * units, a colon, that end, the other one.
 */
export function pairKey(a: string, b: string): string {
  return a < b ? `${a.length}:${a}${b}` : `${b.length}:${b}${a}`;
}

/** @throws SnapshotSyntaxError where it is no such key */
export function pairOf(key: string): [string, string] {
  const colon = key.indexOf(":");
  const end = colon + 1 + Number(key.slice(0, Math.max(colon, 0)));
  const [a, b] = [key.slice(colon + 1, end), key.slice(end)];
  if (pairKey(a, b) !== key || a > b) throw new SnapshotSyntaxError("an edge's key is not a pair of nodes");
  return [a, b];
}
