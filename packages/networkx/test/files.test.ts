import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createStorage, type GraphStorage, registerStorage, StorageCorruptionError } from "@tetrad/core";
import { NetworkXStorage } from "@tetrad/networkx";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

let folder: string;
const opened: GraphStorage[] = [];

beforeAll(() => {
  registerStorage("GRAPH_STORAGE", "NetworkXStorage", { load: () => NetworkXStorage }, { replace: true });
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tetrad-networkx-"));
});

afterEach(async () => {
  await Promise.all(
    opened.splice(0).map((storage) => storage.finalize({ pending: "discard" }).catch(() => {})),
  );
  await rm(folder, { recursive: true });
});

async function open(): Promise<GraphStorage> {
  const storage = await createStorage("GRAPH_STORAGE", "NetworkXStorage", {
    namespace: "chunk_entity_relation",
    workingDir: folder,
    env: { TETRAD_SNAPSHOT: "commit" },
  });
  opened.push(storage);
  return storage;
}

const path = (): string => join(folder, "graph_chunk_entity_relation.graphml");
const read = (): Promise<string> => readFile(path(), "utf8");
const put = (content: string | Uint8Array): Promise<void> => writeFile(path(), content);
const goldenUrl = (layout: string): URL => new URL(`golden/${layout}.graphml`, import.meta.url);

/** A graph of one node or edge with one piece of data. */
function graphML(
  type: string,
  text: string,
  key = `<key id="k" for="node" attr.name="a" attr.type="${type}"/>`,
): string {
  return `<graphml xmlns="http://graphml.graphdrawing.org/xmlns">${key}<graph edgedefault="undirected"><node id="n"><data key="k">${text}</data></node></graph></graphml>`;
}

describe("files of networkx", () => {
  test.each(["elementtree", "lxml"])("in the layout of %s load, with every type", async (layout) => {
    await copyFile(goldenUrl(layout), path());
    const storage = await open();
    expect(await storage.getAllLabels()).toEqual(["Acme Corp", "Alice", 'Nœud "3"\t😀']);
    expect(await storage.getNode("Acme Corp")).toEqual({
      entity_id: "Acme Corp",
      entity_type: "organization",
      description: 'Builds <rockets> & "more".\nSecond line',
      source_id: "doc-1384029a1ed513e45d21018286f09fa0-chunk-000",
      file_path: "alice.txt",
      created_at: 1795216928,
      truncate: "",
      score: 1,
      ratio: 1e-7,
      big: 12345678901234567890n,
      active: true,
      missing: Number.NaN,
      limit: Infinity,
    });
    expect(await storage.getEdge("Acme Corp", "Alice")).toMatchObject({
      weight: 1,
      keywords: "employment,work",
      truncate: "",
    });
    expect([await storage.nodeDegree("Acme Corp"), await storage.getNodeEdges('Nœud "3"\t😀')]).toEqual([
      3,
      [],
    ]);
  });

  test.each(["elementtree", "lxml"])(
    "in the layout of %s are written again as networkx writes them",
    async (layout) => {
      await copyFile(goldenUrl(layout), path());
      const storage = await open();
      await storage.upsertNode("other", { x: 1 });
      await storage.deleteNode("other");
      await storage.indexDoneCallback();
      expect(await read()).toBe(await readFile(goldenUrl("elementtree"), "utf8"));
    },
  );

  test("an empty graph is written as networkx writes it, and removed by a drop", async () => {
    const storage = await open();
    await storage.upsertNode("a", {});
    await storage.indexDoneCallback();
    await storage.deleteNode("a");
    await storage.indexDoneCallback();
    expect(await read()).toMatch(/graphml.xsd">\n {2}<graph edgedefault="undirected" \/>\n<\/graphml>\n$/);
    await storage.drop();
    expect(await readdir(folder)).toEqual([".tetrad"]);
  });

  test("a carriage return survives, in texts and in ids", async () => {
    const storage = await open();
    await storage.upsertEdge("a\r\nb", "c", { description: "x\r\ny\rz" });
    await storage.indexDoneCallback();
    expect(await read()).toContain("x&#13;\ny&#13;z");
    await storage.finalize();
    expect(await (await open()).getEdge("a\r\nb", "c")).toEqual({ description: "x\r\ny\rz" });
  });

  test("weight is a double, other whole numbers are integers, and one name may have both types", async () => {
    const storage = await open();
    await storage.upsertNodesBatch([
      ["a", { weight: 1, n: 1 }],
      ["b", { weight: 2n ** 60n, n: 1.5 }],
      ["c", { n: "text" }],
    ]);
    await storage.indexDoneCallback();
    const written = await read();
    expect(
      [...written.matchAll(/attr.name="(\w+)" attr.type="(\w+)"/g)]
        .map(([, name, type]) => `${name} ${type}`)
        .sort(),
    ).toEqual(["entity_id string", "n double", "n long", "n string", "weight double"]);
    expect(written).toContain(">1.0</data>");
    expect(written).toContain(">1.152921504606847e+18</data>");
  });

  test("doubles that Python left whole stay doubles", async () => {
    await put(graphML("double", "3"));
    const storage = await open();
    expect((await storage.getNode("n"))?.["a"]).toBe(3);
    await storage.upsertNode("other", {});
    await storage.indexDoneCallback();
    expect(await read()).toContain(">3.0</data>");
  });
});

describe("any GraphML that networkx reads", () => {
  test.each<[string, string, unknown]>([
    ["string", "a &amp; b &#x1F600; <![CDATA[<x>]]>", "a & b 😀 <x>"],
    ["yfiles", "y", "y"],
    ["int", " 42 ", 42],
    ["integer", "-7", -7],
    ["long", "9007199254740993", 9007199254740993n],
    ["long", "+5", 5],
    ["float", "1.5", 1.5],
    ["double", "1e-07", 1e-7],
    ["double", "-inf", -Infinity],
    ["double", "NaN", Number.NaN],
    ["boolean", "True", true],
    ["boolean", "0", false],
    ["long", "", ""],
    ["boolean", "", ""],
  ])("%s %j", async (type, text, expected) => {
    await put(graphML(type, text));
    expect((await (await open()).getNode("n"))?.["a"]).toEqual(expected);
  });

  test("keys may be without a type or a name, and stand anywhere", async () => {
    await put(
      '<graphml><graph edgedefault="undirected"><node id="a"><data key="late">x</data></node><edge id="e1" source="a" target="new"/></graph><key id="late" for="all"/></graphml>',
    );
    const storage = await open();
    expect([await storage.getNode("a"), await storage.getEdge("a", "new")]).toEqual([
      { entity_id: "a", late: "x" },
      { id: "e1" },
    ]);
  });

  test("a namespace prefix, comments and processing instructions make no difference", async () => {
    await put(
      '<?xml version="1.0"?><!-- c --><g:graphml xmlns:g="http://graphml.graphdrawing.org/xmlns"><?pi?><g:graph><g:node id="a"/><!-- c --></g:graph></g:graphml>',
    );
    expect(await (await open()).getAllLabels()).toEqual(["a"]);
  });

  test("directed and repeated edges are read as the undirected graph they stand for", async () => {
    await put(
      '<graphml><key id="k" for="edge" attr.name="k" attr.type="string"/><key id="w" for="edge" attr.name="w" attr.type="int"/><graph edgedefault="directed"><node id="a"/><node id="a"/><edge source="a" target="b"><data key="k">1</data></edge><edge source="b" target="a"><data key="k">2</data><data key="w">3</data></edge></graph></graphml>',
    );
    const storage = await open();
    expect([await storage.getEdge("a", "b"), await storage.nodeDegree("a")]).toEqual([{ k: "2", w: 3 }, 1]);
  });
});

describe("damaged or hostile files", () => {
  test("cut anywhere are refused and stay as they are", async () => {
    const whole = await readFile(goldenUrl("elementtree"));
    // What follows the end of the root element is white space.
    for (let end = 0; end < whole.length - 1; end += 13) {
      await put(whole.subarray(0, end));
      await expect(open(), `cut at ${end}`).rejects.toBeInstanceOf(StorageCorruptionError);
      expect((await readFile(path())).length).toBe(end);
    }
  });

  test.each([
    ["nothing", ""],
    ["no XML", "graph"],
    ["other XML", "<html/>"],
    ["no graph", "<graphml/>"],
    ["two graphs", "<graphml><graph/><graph/></graphml>"],
    ["an unknown key", graphML("string", "x", "")],
    ["an unknown type", graphML("date", "x")],
    ["an integer that is none", graphML("long", "1.5")],
    ["a number that is none", graphML("double", "1,5")],
    ["a boolean that is none", graphML("boolean", "yes")],
    ["a node without an id", "<graphml><graph><node/></graph></graphml>"],
    ["an edge without an end", '<graphml><graph><edge source="a"/></graph></graphml>'],
    ["hyperedges", "<graphml><graph><hyperedge/></graph></graphml>"],
    ["a control character", graphML("string", "\u0001")],
    ["an undefined entity", graphML("string", "&x;")],
    ["tags that do not match", "<graphml><graph></graphml></graph>"],
    ["zeros", "\0".repeat(64)],
    ["no UTF-8", Buffer.from(graphML("string", "\xff"), "latin1")],
    [
      "an entity bomb",
      `<!DOCTYPE g [<!ENTITY a "${"x".repeat(100)}"><!ENTITY b "&a;&a;&a;">]>${graphML("string", "&b;")}`,
    ],
    [
      "an external entity",
      `<!DOCTYPE g [<!ENTITY a SYSTEM "file:///etc/passwd">]>${graphML("string", "&a;")}`,
    ],
  ])("%s is refused", async (_, content) => {
    await put(content);
    await expect(open()).rejects.toBeInstanceOf(StorageCorruptionError);
    expect(await readFile(path())).toEqual(Buffer.from(content));
  });
});
