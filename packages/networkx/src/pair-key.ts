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
  const digits = key.slice(0, Math.max(colon, 0));
  const length = Number(digits);
  const [a, b] = [key.slice(colon + 1, colon + 1 + length), key.slice(colon + 1 + length)];
  if (String(length) !== digits || a.length !== length || a > b)
    throw new SnapshotSyntaxError("the key of an edge is no pair of nodes");
  return [a, b];
}
