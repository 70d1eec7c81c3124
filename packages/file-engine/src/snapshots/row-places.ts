/** What a pair of files holds that is to be replaced: names by place, and values by place. */
export interface PublishedPlaces {
  /** Ids with their places, as the file of names has them, places without a value among them. */
  readonly names: Iterable<readonly [place: number, id: string]>;
  /** How many places the file of values has. */
  readonly count: number;
  /** Whether a place that no name is given to holds an empty value. */
  isEmpty(place: number): boolean;
}

export interface RowPlaces {
  /** Aligned to the ids: the places that the new file of names gives them. */
  readonly places: readonly number[];
  /** How many places the new file of values has. Those that are not in `values` are empty. */
  readonly count: number;
  /** Whose value stands in each place. A row that moves has its value in both. */
  readonly values: ReadonlyMap<number, string>;
  /** Whether rows have moved, so that values of theirs stand where no name is given. */
  readonly hasMoved: boolean;
}

const EMPTY_SHARE = 0.25;
const SMALLEST_MOVE = 64;

/**
 * The places of rows in a pair of files, values in one and names in the other, so that either new
 * file may be read with the other old one and no name has another row's value: it has its own, an
 * older one of its own, an empty one or none.
 *
 * - A row keeps its place. A new one takes a place that is empty in the old file, or a new place.
 * - The place of a deleted row is emptied, and taken by the publish after that at the earliest.
 * - Where many places stay empty, the last rows move to them, so that the file gets shorter. Their
 *   values stay where they were too, until the next publish, which should follow at once.
 *
 * @param mostEmpty so many places may stay empty before rows move
 */
export function placeRows(
  ids: readonly string[],
  published: PublishedPlaces,
  mostEmpty = Math.max(SMALLEST_MOVE, published.count * EMPTY_SHARE),
): RowPlaces {
  const { placeOf, named } = readNames(published);
  const free = emptyPlaces(published, named);
  const placed = new Map<string, number>();
  const added: string[] = [];
  for (const id of ids) {
    const place = placeOf.get(id);
    if (place === undefined) added.push(id);
    else placed.set(id, place);
  }
  const used = Math.min(added.length, free.length);
  let end = published.count;
  for (const [index, id] of added.entries()) {
    const hole = free[index];
    while (named.has(end)) end += 1;
    placed.set(id, hole ?? end);
    if (hole === undefined) end += 1;
  }
  const values = new Map(Array.from(placed, ([id, place]) => [place, id]));
  let hasMoved = false;
  const left = free.slice(used);
  for (const { id, to } of left.length > mostEmpty ? moves(placed, placeOf, left) : []) {
    placed.set(id, to);
    values.set(to, id);
    hasMoved = true;
  }
  let count = 0;
  for (const place of values.keys()) count = Math.max(count, place + 1);
  return { places: ids.map((id) => placed.get(id) as number), count, values, hasMoved };
}

/** Where a name is given to several places, the last one counts. */
function readNames({ names, count }: PublishedPlaces): { placeOf: Map<string, number>; named: Set<number> } {
  const placeOf = new Map<string, number>();
  const named = new Set<number>();
  for (const [place, id] of names) {
    named.add(place);
    if (place < count) placeOf.set(id, place);
  }
  return { placeOf, named };
}

function emptyPlaces(published: PublishedPlaces, named: ReadonlySet<number>): number[] {
  const free: number[] = [];
  for (let place = 0; place < published.count; place += 1)
    if (!named.has(place) && published.isEmpty(place)) free.push(place);
  return free;
}

/** The last rows go to the first empty places. */
function* moves(
  placed: ReadonlyMap<string, number>,
  placeOf: ReadonlyMap<string, number>,
  free: readonly number[],
): Iterable<{ id: string; to: number }> {
  if (free.length === 0) return;
  const last = [...placed].filter(([id]) => placeOf.has(id)).sort(([, a], [, b]) => b - a);
  for (const [index, to] of free.entries()) {
    const [id, from] = last[index] ?? [];
    if (id === undefined || from === undefined || from < to) return;
    yield { id, to };
  }
}
