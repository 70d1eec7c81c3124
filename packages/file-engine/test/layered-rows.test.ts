import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { LayeredRows } from "../src/snapshots/layered-rows.js";

interface Row {
  readonly value: number;
}

type Step =
  | { readonly type: "set"; readonly id: string; readonly value: number }
  | { readonly type: "delete"; readonly id: string }
  | { readonly type: "begin" | "commit" | "merge" | "revert" };

const ids = fc.constantFrom("a", "b", "c", "d", "__proto__", "10", "9");
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant("set" as const), id: ids, value: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("delete" as const), id: ids }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom("begin", "commit", "merge", "revert") }) },
);

/** Rows at the bottom and after each layer, as plain copies. */
class PlainLayers {
  #levels: Map<string, number>[] = [new Map()];

  get top(): Map<string, number> {
    return this.#levels.at(-1) ?? new Map();
  }

  get bottom(): Map<string, number> {
    return this.#levels[0] ?? new Map();
  }

  get layers(): number {
    return this.#levels.length - 1;
  }

  begin(): void {
    this.#levels.push(new Map(this.top));
  }

  commit(): void {
    this.#levels.shift();
  }

  merge(): void {
    this.#levels.splice(-2, 1);
  }

  revert(): void {
    this.#levels.pop();
  }
}

function run(sequence: readonly Step[]): void {
  const derived = new Map<string, number>();
  const rows = new LayeredRows<Row>({
    onChange: (id, before, after) => {
      expect(derived.get(id)).toBe(before?.value);
      if (after === undefined) derived.delete(id);
      else derived.set(id, after.value);
    },
  });
  const plain = new PlainLayers();
  for (const step of sequence) {
    switch (step.type) {
      case "set":
        rows.set(step.id, { value: step.value });
        plain.top.set(step.id, step.value);
        break;
      case "delete":
        expect(rows.delete(step.id)).toBe(plain.top.delete(step.id));
        break;
      case "begin":
        if (plain.layers === 2) continue;
        rows.beginLayer();
        plain.begin();
        break;
      case "commit":
        if (plain.layers === 0) continue;
        rows.commitOldestLayer();
        plain.commit();
        break;
      case "merge":
        if (plain.layers < 2) continue;
        rows.mergeNewestLayers();
        plain.merge();
        break;
      case "revert":
        if (plain.layers === 0) continue;
        rows.revertNewestLayer();
        plain.revert();
    }
    const shown = Array.from(rows.entries(), ([id, { value }]) => [id, value]);
    expect(shown).toEqual([...plain.top]);
    expect(Array.from(rows.committed(), ([id, { value }]) => [id, value])).toEqual([...plain.bottom]);
    expect([rows.size, new Map(derived)]).toEqual([plain.top.size, new Map(plain.top)]);
  }
}

describe("rows in layers", () => {
  test("are at each level what plain copies would be, places included", () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40 }), (sequence) => run(sequence)),
      { numRuns: 1000 },
    );
  });

  test("stay the same when dead places are cleared away, also for who is looking at them", () => {
    const rows = new LayeredRows<Row>();
    for (let value = 0; value < 1000; value += 1) rows.set(`row ${value}`, { value });
    const seen: string[] = [];
    for (const [id] of rows.entries()) {
      seen.push(id);
      if (seen.length === 100) for (let value = 200; value < 800; value += 1) rows.delete(`row ${value}`);
      if (seen.length === 150) rows.set("row 300", { value: 300 });
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((id) => id !== "row 300")).toHaveLength(400);
    expect([...rows.entries()].at(-1)).toEqual(["row 300", { value: 300 }]);
  });

  test("a row that was deleted and set again is given once, also where the dead go meanwhile", () => {
    const rows = new LayeredRows<Row>();
    for (let value = 0; value < 100; value += 1) rows.set(`row ${value}`, { value });
    rows.delete("row 5");
    rows.set("row 5", { value: 500 });
    const seen: string[] = [];
    for (const [id] of rows.entries()) {
      seen.push(id);
      if (seen.length === 2) for (let value = 20; value < 90; value += 1) rows.delete(`row ${value}`);
    }
    expect(seen.filter((id) => id === "row 5")).toHaveLength(1);
    expect(seen).toHaveLength(30);
  });

  test("sealed ones count as committed, and can still be taken back", () => {
    const rows = new LayeredRows<Row>();
    rows.set("a", { value: 1 });
    rows.beginLayer();
    rows.set("a", { value: 2 });
    rows.set("b", { value: 2 });
    rows.sealOldestLayer();
    const writing = rows.committed();
    expect(writing.next().value).toEqual(["a", { value: 2 }]);
    rows.beginLayer();
    rows.delete("b");
    rows.set("c", { value: 3 });
    expect([...writing]).toEqual([["b", { value: 2 }]]);
    rows.unsealOldestLayer();
    rows.mergeNewestLayers();
    expect([...rows.committed()]).toEqual([["a", { value: 1 }]]);
    rows.revertNewestLayer();
    expect([...rows.entries()]).toEqual([["a", { value: 1 }]]);
  });
});
