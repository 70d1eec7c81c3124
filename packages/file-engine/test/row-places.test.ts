import fc from "fast-check";
import { expect, test } from "vitest";

import { placeRows } from "../src/snapshots/row-places.js";
import type { Pair } from "./pair-format.js";

const ids = fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h");
const changes = fc.record({ removed: fc.array(ids, { maxLength: 4 }), put: fc.array(ids, { maxLength: 4 }) });

/** A pair as another program may leave it: unnamed values, names without a value, an id twice. */
const foreignPairs = fc
  .record({
    owners: fc.array(fc.option(ids), { maxLength: 6 }),
    unnamed: fc.array(fc.nat({ max: 5 })),
    beyond: fc.uniqueArray(fc.tuple(fc.integer({ min: 6, max: 9 }), ids), { selector: ([place]) => place }),
  })
  .map(({ owners, unnamed, beyond }): Pair => ({
    values: owners.map((id) => (id === null ? "" : `${id}:0`)),
    names: [
      ...owners.flatMap((id, place) =>
        id === null || unnamed.includes(place) ? [] : [[place, id] as [number, string]],
      ),
      ...beyond,
    ],
  }));

function rowsOf({ values, names }: Pair): Map<string, string> {
  return new Map(
    names.flatMap(([place, id]) =>
      (values[place] ?? "") === "" ? [] : [[id, values[place]] as [string, string]],
    ),
  );
}

function replace(before: Pair, rows: ReadonlyMap<string, string>, mostEmpty = 0): Pair {
  const live = [...rows.keys()];
  const { places, count, values } = placeRows(
    live,
    {
      names: before.names,
      count: before.values.length,
      isEmpty: (place) => before.values[place] === "",
    },
    mostEmpty,
  );
  return {
    values: Array.from({ length: count }, (_, place) => rows.get(values.get(place) ?? "") ?? ""),
    names: live.map((id, index) => [places[index] as number, id]),
  };
}

/** Ids that were given the value of another one. */
function mistaken({ values, names }: Pair): string[] {
  return names.flatMap(([place, id]) => {
    const value = values[place] ?? "";
    return value === "" || value.startsWith(`${id}:`) ? [] : [`${id} at ${place} is ${value}`];
  });
}

test("each new half can be read with the other's predecessor: nobody has another row's value", () => {
  fc.assert(
    fc.property(foreignPairs, fc.array(changes, { maxLength: 8 }), (foreign, steps) => {
      let pair = foreign;
      for (const [version, { removed, put }] of steps.entries()) {
        const before = rowsOf(pair);
        const rows = new Map(before);
        for (const id of removed) rows.delete(id);
        for (const id of put) rows.set(id, `${id}:${version + 1}`);
        const next = replace(pair, rows);
        expect(rowsOf(next)).toEqual(rows);
        expect(mistaken({ values: pair.values, names: next.names })).toEqual([]);
        const between = { values: next.values, names: pair.names };
        expect(mistaken(between)).toEqual([]);
        // What a crash leaves has every row that was there and was not deleted.
        for (const id of before.keys()) if (rows.has(id)) expect(rowsOf(between).get(id)).toBe(rows.get(id));
        pair = next;
      }
    }),
    { numRuns: 500 },
  );
});

test("the file gets as short as its rows, and the order of rows stays", () => {
  fc.assert(
    fc.property(foreignPairs, changes, (foreign, { removed }) => {
      const rows = rowsOf(foreign);
      for (const id of removed) rows.delete(id);
      let pair = foreign;
      for (let publish = 0; publish < 3; publish += 1) pair = replace(pair, rows);
      expect(pair.values.length).toBe(rows.size);
      expect(pair.names.map(([, id]) => id)).toEqual([...rows.keys()]);
    }),
  );
});
