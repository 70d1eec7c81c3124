import { readFile } from "node:fs/promises";

import { SnapshotSyntaxError } from "@tetrad/file-engine";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { GraphContent } from "../src/graph-content.js";
import { applyOperation } from "../src/graph-operation.js";
import { GraphMLLayoutReader } from "../src/graphml-layout-reader.js";
import { arbitraryOperation } from "./fixtures/arbitrary-operations.js";
import { type GraphRows, inFileOrder, parsed, readBack, rowsOf, written } from "./fixtures/graph-files.js";

const graphs = fc.array(arbitraryOperation, { maxLength: 12 }).map((operations) => {
  const content = new GraphContent();
  for (const operation of operations) applyOperation(content, operation);
  return content;
});
const blockSizes = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(1 << 20));

/** The rows that the layout gives, or `null` where it is another one. */
function readStrictly(bytes: Buffer): GraphRows | null {
  const content = new GraphContent();
  const reader = new GraphMLLayoutReader(content, { isTrusted: false });
  try {
    reader.push(bytes);
    reader.end();
    return rowsOf(content);
  } catch (error) {
    expect(error).toBeInstanceOf(SnapshotSyntaxError);
    return null;
  }
}

/** A file of ours as networkx writes it with lxml. No text in it holds a bracket, so lines tell. */
function asByLxml(file: Buffer): Buffer {
  return Buffer.from(
    file
      .toString()
      .replace('.xsd">\n', '.xsd">')
      .replaceAll(/ {2}(<key [^\n]*) \/>$/gm, "$1/>")
      .replace(
        '  <graph edgedefault="undirected" />\n</graphml>\n',
        '<graph edgedefault="undirected"></graph></graphml>',
      )
      .replace('  <graph edgedefault="undirected">\n', '<graph edgedefault="undirected">')
      .replaceAll(/ {4}(<(?:node|edge) [^\n]*) \/>$/gm, "$1/>")
      .replaceAll(/ {4}(<\/?(?:node|edge))/g, "$1")
      .replaceAll(/^ {6}<data key="(d\d+)" \/>$/gm, '  <data key="$1"></data>')
      .replaceAll(/^ {6}<data/gm, "  <data")
      .replaceAll("&#09;", "&#9;")
      .replace("  </graph>\n</graphml>\n", "</graph></graphml>"),
  );
}

describe("any graph that was written", () => {
  test("is read the same by its layout and by the XML parser, and written the same again", () =>
    fc.assert(
      fc.asyncProperty(graphs, blockSizes, async (graph, blockSize) => {
        const bytes = await written(graph);
        const expected = inFileOrder(rowsOf(graph));
        const own = await readBack(bytes, true, blockSize);
        expect(rowsOf(own)).toEqual(expected);
        expect(readStrictly(bytes)).toEqual(expected);
        expect(rowsOf(await parsed(bytes, blockSize))).toEqual(expected);
        expect((await written(own)).equals(bytes)).toBe(true);
      }),
    ));

  test("is read the same as lxml would have written it, and written as our own", () =>
    fc.assert(
      fc.asyncProperty(graphs, blockSizes, async (graph, blockSize) => {
        const bytes = await written(graph);
        const byLxml = asByLxml(bytes);
        const expected = inFileOrder(rowsOf(graph));
        expect(readStrictly(byLxml)).toEqual(expected);
        expect(rowsOf(await parsed(byLxml, blockSize))).toEqual(expected);
        for (const isOwn of [true, false]) {
          const content = await readBack(byLxml, isOwn, blockSize);
          expect(rowsOf(content)).toEqual(expected);
          expect((await written(content)).toString()).toBe(bytes.toString());
        }
      }),
    ));

  test("is written as a whole where rows of the file stand beside changed ones", () =>
    fc.assert(
      fc.asyncProperty(graphs, fc.array(arbitraryOperation, { maxLength: 5 }), async (graph, operations) => {
        const own = await readBack(await written(graph), true, 1 << 20);
        const foreign = await parsed(await written(graph), 1 << 20);
        for (const operation of operations) {
          applyOperation(own, operation);
          applyOperation(foreign, operation);
        }
        expect((await written(own)).toString()).toBe((await written(foreign)).toString());
      }),
    ));

  test("and then changed somewhere is read as the XML parser reads it, or not by its layout", () =>
    fc.assert(
      fc.asyncProperty(
        graphs,
        fc.nat(),
        fc.constantFrom("", ..."<>&\"'\r\n\t\0 /=;dx10", "\u{ffff}", "&amp;", "&lt;", "&#65;", "]]>"),
        fc.integer({ min: 0, max: 2 }),
        fc.boolean(),
        async (graph, position, inserted, removed, isByLxml) => {
          const own = await written(graph);
          const bytes = isByLxml ? asByLxml(own) : own;
          const at = position % (bytes.length + 1);
          const changed = Buffer.concat([
            bytes.subarray(0, at),
            Buffer.from(inserted),
            bytes.subarray(at + removed),
          ]);
          const rows = readStrictly(changed);
          if (rows !== null) expect(rows).toEqual(rowsOf(await parsed(changed, 1 << 20)));
        },
      ),
      { numRuns: 600 },
    ));
});

test.each(["elementtree", "lxml"])("what LightRAG wrote with %s is read by its layout", async (writer) => {
  const bytes = await readFile(new URL(`golden/${writer}.graphml`, import.meta.url));
  expect(readStrictly(bytes)).toEqual(rowsOf(await parsed(bytes, 1 << 20)));
});

describe("a file that is expected to be our own", () => {
  const layout = (elements: string): string =>
    `<?xml version='1.0' encoding='utf-8'?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n  <key id="d1" for="edge" attr.name="w" attr.type="double" />\n  <key id="d0" for="node" attr.name="a" attr.type="long" />\n  <graph edgedefault="undirected">\n${elements}  </graph>\n</graphml>\n`;
  const node = (data: string): string => `    <node id="n">\n${data}    </node>\n`;

  test.each([
    ["in another layout", "<graphml><graph/></graphml>"],
    ["with a node twice", layout('    <node id="n" />\n    <node id="n" />\n')],
    [
      "with an edge in both directions",
      layout(
        '    <node id="a" />\n    <node id="b" />\n    <edge source="a" target="b" />\n    <edge source="b" target="a" />\n',
      ),
    ],
    ["with an edge before its nodes", layout('    <edge source="a" target="b" />\n    <node id="a" />\n')],
    ["with a key of edges on a node", layout(node('      <data key="d1">1.0</data>\n'))],
    ["with a key that is not there", layout(node('      <data key="d2">1.0</data>\n'))],
    ["with data twice", layout(node('      <data key="d0">1</data>\n      <data key="d0">1</data>\n'))],
    ["with an integer spelt otherwise", layout(node('      <data key="d0">01</data>\n'))],
    ["with an integer without digits", layout(node('      <data key="d0" />\n'))],
    ["with a carriage return", layout('    <node id="a" />\n    <node id="b\r" />\n')],
    ["with bytes that are no UTF-8", Buffer.from(layout('    <node id="\xff" />\n'), "latin1")],
    ["with something behind it", `${layout('    <node id="a" />\n')}<!-- -->`],
    ["cut short", layout('    <node id="a" />\n').slice(0, -1)],
  ])("%s is refused", async (_, text) => {
    const bytes = Buffer.from(text as string);
    await expect(readBack(bytes, true, 50)).rejects.toBeInstanceOf(SnapshotSyntaxError);
  });

  test("is read where it has the layout", async () => {
    const text = layout(node('      <data key="d0">1</data>\n'));
    expect(rowsOf(await readBack(Buffer.from(text), true, 50)).nodes).toEqual([["n", [["a", "long", "1"]]]]);
  });
});
