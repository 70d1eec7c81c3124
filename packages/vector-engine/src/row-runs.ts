import { ROWS_PER_CALL } from "./vector-slab.js";

/** Neighbouring rows of one slab, at most as many as one call may score. */
export interface Run {
  readonly first: number;
  readonly count: number;
}

/** All rows up to `end`, in runs of at most `most`. */
export function* runsUpTo(end: number, perSlab: number, most: number): Iterable<Run> {
  const longest = Math.min(ROWS_PER_CALL, Math.max(1, Math.floor(most)));
  for (let first = 0; first < end;) {
    const endOfSlab = (Math.floor(first / perSlab) + 1) * perSlab;
    const count = Math.min(longest, endOfSlab - first, end - first);
    yield { first, count };
    first += count;
  }
}

/** Ascending slots in lists of at most `most`, each of one slab. */
export function* listsOf(slots: readonly number[], perSlab: number, most: number): Iterable<number[]> {
  const longest = Math.min(ROWS_PER_CALL, Math.max(1, Math.floor(most)));
  let list: number[] = [];
  for (const slot of slots) {
    const isElsewhere =
      list.length > 0 && Math.floor((list[0] ?? 0) / perSlab) !== Math.floor(slot / perSlab);
    if (isElsewhere || list.length === longest) {
      yield list;
      list = [];
    }
    list.push(slot);
  }
  if (list.length > 0) yield list;
}
