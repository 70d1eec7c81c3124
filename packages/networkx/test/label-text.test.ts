import fc from "fast-check";
import { expect, test } from "vitest";

import { LabelText } from "../src/label-text.js";
import { Vertex } from "../src/vertex.js";

const text = fc.string({
  unit: fc.constantFrom("a", "A", "b", " ", "_", "İ", "ß", "漢", "😀", "\n"),
  maxLength: 6,
});

test("the labels as one text hold what each of them holds, and nothing across two", () => {
  fc.assert(
    fc.property(fc.array(text), text, (labels, query) => {
      fc.pre(query !== "");
      const vertices = labels.map((label) => new Vertex(label));
      const found = new LabelText(vertices).containing(query.toLowerCase());
      expect(found).toEqual(vertices.filter(({ lowerCase }) => lowerCase.includes(query.toLowerCase())));
    }),
    { numRuns: 500 },
  );
  expect(new LabelText([new Vertex("a"), new Vertex("b")]).containing("a\0b")).toEqual([]);
});

test("a vertex keeps its neighbours in their order, few or many", () => {
  const change = fc.record({ neighbour: fc.nat({ max: 20 }), isAdded: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60, size: "max" }), (changes) => {
      const vertices = Array.from({ length: 21 }, (_, index) => new Vertex(String(index)));
      const [vertex = new Vertex("")] = vertices;
      const expected = new Set<Vertex>();
      for (const { neighbour, isAdded } of changes) {
        const other = vertices[neighbour] ?? vertex;
        if (isAdded) {
          vertex.connect(other);
          expected.add(other);
        } else {
          vertex.disconnect(other);
          expected.delete(other);
        }
        expect([...vertex.neighbours]).toEqual([...expected]);
        expect(vertex.isNeighbourOf(other)).toBe(isAdded);
        expect(vertex.degree).toBe(expected.size + (expected.has(vertex) ? 1 : 0));
      }
    }),
  );
});
