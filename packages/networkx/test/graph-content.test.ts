import { compareCodePoints } from "@tetrad/core/plugin";
import { type RowOperation, SnapshotSyntaxError } from "@tetrad/file-engine";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { GraphContent } from "../src/graph-content.js";
import { applyOperation, edgeMerge, nodeMerge, nodeRemoval } from "../src/graph-operation.js";
import { graphMLFormat } from "../src/graphml-format.js";
import { pairOf } from "../src/pair-key.js";
import { arbitraryAttributes, arbitraryOperation } from "./fixtures/arbitrary-operations.js";
import { type GraphRows, inFileOrder, readBack, rowsOf, written } from "./fixtures/graph-files.js";

type Fields = GraphRows["nodes"][number][1];
type LayerStep = "begin" | "commit oldest" | "merge newest" | "revert newest";
type Step = RowOperation | LayerStep;

interface PlainRows {
  readonly nodes: Map<string, Fields>;
  readonly edges: Map<string, [source: string, target: string, Fields]>;
}

/** Rows and layers as copies of all there is, from which everything is computed anew. */
class PlainGraph {
  rows: PlainRows = { nodes: new Map(), edges: new Map() };
  readonly #layers: PlainRows[] = [];

  get layers(): number {
    return this.#layers.length;
  }

  get committed(): PlainRows {
    return this.#layers[0] ?? this.rows;
  }

  take(step: LayerStep): void {
    if (step === "begin") {
      this.#layers.push(this.rows);
      this.rows = { nodes: new Map(this.rows.nodes), edges: new Map(this.rows.edges) };
    } else if (step === "commit oldest") {
      this.#layers.shift();
    } else {
      const newest = this.#layers.pop();
      if (step === "revert newest" && newest !== undefined) this.rows = newest;
    }
  }

  apply({ type, key, body }: RowOperation): void {
    const { nodes, edges } = this.rows;
    if (type === 1) nodes.set(key, merge(nodes.get(key), body));
    else if (type === 2) {
      nodes.delete(key);
      for (const [pair, [a, b]] of edges) if (a === key || b === key) edges.delete(pair);
    } else if (type === 5) edges.delete(key);
    else {
      const [first, second] = pairOf(key);
      const [source, target] = type === 3 ? [first, second] : [second, first];
      for (const id of [source, target]) if (!nodes.has(id)) nodes.set(id, []);
      const [a, b, fields] = edges.get(key) ?? [source, target, undefined];
      edges.set(key, [a, b, merge(fields, body)]);
    }
  }
}

const TYPES: Readonly<Record<string, string>> = { s: "string", b: "boolean", l: "long", d: "double" };

function merge(stored: Fields = [], body: Uint8Array): Fields {
  const merged = new Map(stored.map((field) => [field[0], field]));
  const parts = Buffer.from(body).toString().split("\0");
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const [key = "", text = ""] = parts.slice(index, index + 2);
    const name = key.slice(1);
    merged.set(name, [name, TYPES[key.charAt(0)] ?? "", text]);
  }
  return [...merged.values()];
}

function plainRows({ nodes, edges }: PlainRows): GraphRows {
  return { nodes: [...nodes], edges: [...edges.values()] };
}

/** What is derived from rows. */
function derivedFrom({ nodes, edges }: PlainRows): object {
  const ends = [...edges.values()].flatMap(([a, b]) => [
    [a, b],
    [b, a],
  ]);
  const ids = [...nodes.keys()].sort(compareCodePoints);
  const degreeOf = (id: string): number => ends.filter(([end]) => end === id).length;
  return {
    labels: ids,
    found: ids.filter((id) => id.toLowerCase().includes("b")),
    degrees: ids.map(degreeOf),
    neighbours: ids.map((id) => ids.filter((other) => ends.some(([a, b]) => a === id && b === other))),
    popular: ids.toSorted((a, b) => degreeOf(b) - degreeOf(a) || compareCodePoints(a, b)).slice(0, 4),
  };
}

function derivedBy(content: GraphContent): object {
  const ids = content.sortedLabels();
  return {
    labels: ids,
    found: content
      .labelsContaining("b")
      .map(({ label }) => label)
      .sort(compareCodePoints),
    degrees: ids.map((id) => content.degree(id)),
    neighbours: ids.map((id) =>
      Array.from(content.neighbours(id), ({ label }) => label).sort(compareCodePoints),
    ),
    popular: content.popularLabels(4),
  };
}

function takeLayerStep({ tables }: GraphContent, step: LayerStep): void {
  for (const table of tables) {
    if (step === "begin") table.beginLayer();
    else if (step === "commit oldest") table.commitOldestLayer();
    else if (step === "merge newest") table.mergeNewestLayers();
    else table.revertNewestLayer();
  }
}

/** Layers that are not there cannot be committed or taken back, and two are needed to make one. */
function isPossible(step: LayerStep, layers: number): boolean {
  return step === "begin" || layers >= (step === "merge newest" ? 2 : 1);
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
    { weight: 3, arbitrary: arbitraryOperation },
    fc.constantFrom<LayerStep[]>("begin", "begin", "commit oldest", "merge newest", "revert newest"),
  ),
  { maxLength: 40 },
);

test("what is derived from rows is true whatever happens to them and is taken back", () =>
  fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const content = new GraphContent();
      const plain = new PlainGraph();
      for (const step of taken) {
        if (typeof step !== "string") {
          applyOperation(content, step);
          plain.apply(step);
        } else if (isPossible(step, plain.layers)) {
          takeLayerStep(content, step);
          plain.take(step);
        }
        expect(rowsOf(content)).toEqual(plainRows(plain.rows));
        expect(derivedBy(content)).toEqual(derivedFrom(plain.rows));
      }
      const file = await readBack(await written(content), true, 1 << 20);
      expect(rowsOf(file)).toEqual(inFileOrder(plainRows(plain.committed)));
    }),
  ));

test("a file is written from the rows that are committed, whatever changes meanwhile", async () => {
  const content = new GraphContent();
  for (let id = 0; id < 3_000; id += 1)
    applyOperation(content, edgeMerge(`${id}`, `${id + 7}`, { weight: id }));
  const before = await written(content);
  takeLayerStep(content, "begin");
  const writing = written(content);
  for (let id = 0; id < 3_000; id += 1) {
    applyOperation(content, id % 2 === 0 ? nodeRemoval(`${id}`) : nodeMerge(`new ${id}`, { [`a${id}`]: 1 }));
    if (id % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect((await writing).equals(before)).toBe(true);
});

describe("operations as journals keep them", () => {
  const body = Buffer.from("sa\0x\0");
  test.each<[string, RowOperation]>([
    ["a type that is none", { type: 9, key: "a", body: Buffer.alloc(0) }],
    ["attributes cut short", { type: 1, key: "a", body: body.subarray(0, -1) }],
    ["a name without a value", { type: 1, key: "a", body: Buffer.from("sa\0") }],
    ["a name twice", { type: 1, key: "a", body: Buffer.concat([body, body]) }],
    ["an unknown type of attribute", { type: 1, key: "a", body: Buffer.from("xa\0x\0") }],
    ["an integer spelt otherwise", { type: 1, key: "a", body: Buffer.from("la\x000x10\0") }],
    ["a whole double without a point", { type: 1, key: "a", body: Buffer.from("da\x001\0") }],
    ["a boolean spelt otherwise", { type: 1, key: "a", body: Buffer.from("ba\0true\0") }],
    ["no UTF-8", { type: 1, key: "a", body: Buffer.from("sa\0\xff\0", "latin1") }],
    ["a removal with a body", { type: 2, key: "a", body }],
    ["a pair without a length", { type: 3, key: "ab", body }],
    ["a pair in the wrong order", { type: 3, key: "1:ba", body }],
    ["a pair with a wrong length", { type: 3, key: "9:ab", body }],
    ["a pair with a length spelt otherwise", { type: 3, key: "01:ab", body }],
  ])("with %s are refused and change nothing", (_, operation) => {
    const content = new GraphContent();
    expect(() => applyOperation(content, operation)).toThrow(SnapshotSyntaxError);
    expect(rowsOf(content)).toEqual({ nodes: [], edges: [] });
  });
});

describe("checksums of rows", () => {
  const format = graphMLFormat("g");

  test("are the same for the same attributes in any order and either form, and differ for others", () =>
    fc.assert(
      fc.asyncProperty(arbitraryAttributes, arbitraryAttributes, async (one, other) => {
        const content = new GraphContent();
        const operations = [one, Object.fromEntries(Object.entries(one).toReversed()), other].map(
          (attributes, index) => nodeMerge(`${index}`, attributes),
        );
        for (const operation of operations) format.apply(content, operation);
        const file = await readBack(await written(content), true, 1 << 20);
        const checksums = operations.map((operation) => format.checksumOf(content, operation));
        expect(operations.map((operation) => format.checksumOf(file, operation))).toEqual(checksums);
        expect(checksums[1]).toBe(checksums[0]);
        const [first, , last] = rowsOf(content).nodes.map(([, fields]) =>
          JSON.stringify(fields.toSorted(([a], [b]) => compareCodePoints(a, b))),
        );
        expect(checksums[2] === checksums[0]).toBe(first === last);
      }),
    ));

  test("are of edges too, and null where there is no row", () => {
    const content = new GraphContent();
    const merged = edgeMerge("b", "a", { weight: 1 });
    expect(format.checksumOf(content, merged)).toBeNull();
    format.apply(content, merged);
    expect(format.checksumOf(content, edgeMerge("a", "b", {}))).toEqual(expect.any(Number));
    expect(format.checksumOf(content, nodeRemoval("c"))).toBeNull();
  });
});
