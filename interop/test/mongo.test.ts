import type { StorageRecord } from "@tetrad/core";
import { HOSTILE_IDS, HOSTILE_TEXTS } from "@tetrad/testkit";
import { describe, expect, test } from "vitest";

import { mongoBackend } from "../src/mongo-backends.ts";
import { describeEachMongoServer } from "./each-mongo-server.ts";
import { useTwoSides } from "./two-sides.ts";

const WORKSPACES = ["", "tenant", "espace é テナント 😀 [1]*"];

/** What LightRAG's driver can store: it has no integers beyond 64 bits. */
const NUMBERS = [0, 1, -1, 0.1, 1e-7, 1.5e300, 2 ** 31, -(2 ** 31), Number.MAX_SAFE_INTEGER, 2n ** 62n + 1n];
/** With room for a letter before each. */
const IDS = HOSTILE_IDS.filter((id) => Array.from(id).length < 255);
const RECORD = {
  content: "x",
  texts: [...HOSTILE_TEXTS],
  numbers: NUMBERS,
  nothing: null,
  yes: true,
  empty: {},
  list: [],
  nested: { deeper: { list: [1, { a: "b" }] } },
};
const PATH_AND_TIMES = {
  content_summary: "about",
  content_length: 5,
  file_path: "a.txt",
  created_at: "2026-01-01T00:00:00.000001+00:00",
  updated_at: "2026-01-02T00:00:00+00:00",
};

describeEachMongoServer("Python and Tetrad", (service) => {
  describe.each(WORKSPACES)("records in workspace %j", (workspace) => {
    const sides = useTwoSides(mongoBackend("KV_STORAGE", "MongoKVStorage", service), {
      namespace: "text_chunks",
      workspace,
    });

    test("each reads what the other wrote, with ids and texts to the letter", async () => {
      const [python, tetrad] = [await sides.python(), await sides.tetrad()];
      await python.upsert({ p: RECORD, ...Object.fromEntries(IDS.map((id) => [`p${id}`, { id }])) });
      await tetrad.upsert({ t: RECORD, ...Object.fromEntries(IDS.map((id) => [`t${id}`, { id }])) });
      const ids = ["p", "t", ...IDS.flatMap((id) => [`p${id}`, `t${id}`])];
      const ofTetrad = await tetrad.getByIds(ids);
      expect(ofTetrad).toEqual(await python.getByIds(ids));
      const [ofBoth, others] = [ofTetrad.slice(0, 2), ofTetrad.slice(2)];
      for (const each of ofBoth) expect(each).toMatchObject({ ...RECORD, llm_cache_list: [] });
      expect(others.map((each) => each?.["id"])).toEqual(IDS.flatMap((id) => [id, id]));
      expect(await tetrad.filterKeys(["pa", "p9"])).toEqual(await python.filterKeys(["pa", "p9"]));
      await tetrad.finalize();
    });

    test("create_time is that of the first write, whoever writes next", async () => {
      const [python, tetrad] = [await sides.python(), await sides.tetrad()];
      await tetrad.upsert({ t: { content: "one", create_time: 1000 } });
      await python.upsert({ t: { content: "two" } });
      expect(await tetrad.getById("t")).toMatchObject({ content: "two", create_time: 1000 });
      await python.upsert({ p: { content: "one", gone: true } });
      const before = await python.getById("p");
      await tetrad.upsert({ p: { content: "two" } });
      const after = await python.getById("p");
      expect(after).toMatchObject({ content: "two", create_time: before?.create_time });
      // Python merges; here a record is replaced.
      expect(after).not.toHaveProperty("gone");
      await tetrad.delete(["p"]);
      expect(await python.getById("p")).toBeNull();
      await tetrad.finalize();
    });
  });

  describe("document status", () => {
    const sides = useTwoSides(mongoBackend("DOC_STATUS_STORAGE", "MongoDocStatusStorage", service), {
      namespace: "doc_status",
      workspace: "tenant",
    });
    const document = (fields: object = {}) => ({ ...PATH_AND_TIMES, status: "pending" as const, ...fields });

    test("each finds what the other wrote: by id, status, track, path, name and hash", async () => {
      const [python, tetrad] = [await sides.python(), await sides.tetrad()];
      await python.upsert({ p: document({ track_id: "t", content_hash: "h", file_path: "p.txt" }) });
      await tetrad.upsert({
        t: document({
          status: "processed",
          track_id: "t",
          content_hash: "i",
          file_path: "t.txt",
          chunks_list: ["c1", "c2"],
          metadata: { deep: { list: [1, 0.5] } },
        }),
        twice: document({ file_path: "t.txt", metadata: { is_duplicate: true, original_doc_id: "t" } }),
      });
      for (const id of ["p", "t", "twice"]) {
        const { _id, ...row }: StorageRecord = { ...((await python.getById(id)) as StorageRecord | null) };
        expect(_id).toBe(id);
        expect(await tetrad.getById(id)).toMatchObject(row);
      }
      for (const side of [python, tetrad]) {
        expect([...(await side.getDocsByTrackId("t")).keys()].sort()).toEqual(["p", "t"]);
        expect([...(await side.getDocsByStatuses(["pending"])).keys()].sort()).toEqual(["p", "twice"]);
        expect(await side.getStatusCounts()).toMatchObject({ pending: 2, processed: 1 });
        expect(await side.getDocByFileBasename("t.txt")).toMatchObject(["t", {}]);
        expect(await side.getDocByContentHash("h")).toMatchObject(["p", {}]);
        expect(await side.getDocByContentHash("h", { excludeDocId: "p" })).toBeNull();
        const order = { sortField: "created_at", sortDirection: "asc", pageSize: 10 } as const;
        expect((await side.getDocsPaginated(order)).total).toBe(3);
      }
      await tetrad.finalize();
    });

    test("sweeps of both give the same pages, and go on where the other stopped", async () => {
      const [python, tetrad] = [await sides.python(), await sides.tetrad()];
      const times = ["2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.000001+00:00"];
      const many = Array.from({ length: 9 }, (_, index) => [
        `doc-${8 - index}`,
        document({ created_at: times[index % 2] }),
      ]);
      await python.upsert(Object.fromEntries(many) as never);
      const first = await python.getDocsByStatusesPage(["pending"], { limit: 4 });
      const second = await tetrad.getDocsByStatusesPage(["pending"], { limit: 4, position: first.next });
      const third = await python.getDocsByStatusesPage(["pending"], { limit: 4, position: second.next });
      const all = await tetrad.getDocsByStatusesPage(["pending"], { limit: 20 });
      expect([first, second, third].flatMap(({ docs }) => [...docs.keys()])).toEqual([...all.docs.keys()]);
      expect(all.docs.size).toBe(9);
      await tetrad.finalize();
    });

    test("fields that one updates the other reads, and created_at stays", async () => {
      const [python, tetrad] = [await sides.python(), await sides.tetrad()];
      await python.upsert({ a: document() });
      await tetrad.updateDocStatusFields("a", { status: "processing", chunks_count: 2 });
      await python.updateDocStatusFields("a", { error_msg: "no" });
      await tetrad.upsert({ a: document({ created_at: "2027-01-01T00:00:00+00:00", error_msg: "no" }) });
      expect(await python.getById("a")).toMatchObject({
        status: "pending",
        error_msg: "no",
        created_at: PATH_AND_TIMES.created_at,
      });
      await tetrad.finalize();
    });
  });

  describe.each(WORKSPACES)("graph in workspace %j", (workspace) => {
    const sides = useTwoSides(mongoBackend("GRAPH_STORAGE", "MongoGraphStorage", service), {
      namespace: "chunk_entity_relation",
      workspace,
    });

    test("nodes and edges are the same for both, whatever the direction", async () => {
      // First, so that the index is there that Python cannot make on FerretDB.
      const tetrad = await sides.tetrad();
      const python = await sides.python();
      const own = { description: "d<SEP>e", weight: 2, source_id: "c1<SEP>c2", created_at: 1_795_217_564 };
      await tetrad.upsertEdge("北京", "Alice", own);
      await python.upsertNode("Bob", { entity_id: "Bob", entity_type: "person", source_id: "c3" });
      await python.upsertEdge("Bob", "Alice", { ...own, weight: 1.5 });
      await python.upsertEdge("Alice", "北京", { ...own, weight: 3 });
      await tetrad.upsertNode("Alice", { entity_type: "person", source_id: "c1" });
      const pairs = [
        ["Alice", "北京"],
        ["北京", "Alice"],
        ["Alice", "Bob"],
      ] as const;
      for (const [a, b] of pairs) {
        const edge = await tetrad.getEdge(a, b);
        expect(edge).toEqual({ ...own, weight: b === "Bob" ? 1.5 : 3 });
        expect(await python.getEdge(a, b)).toMatchObject({ ...edge, source_ids: ["c1", "c2"] });
      }
      for (const id of ["Alice", "Bob", "北京"]) {
        expect(await python.getNode(id)).toMatchObject((await tetrad.getNode(id)) ?? {});
        expect(await tetrad.nodeDegree(id)).toBe(await python.nodeDegree(id));
      }
      expect(await tetrad.getAllLabels()).toEqual(["Alice", "Bob", "北京"]);
      expect(new Set(await python.getAllLabels())).toEqual(new Set(["Alice", "Bob", "北京"]));
      const [ofPython, ofTetrad] = [
        await python.getKnowledgeGraph("Bob"),
        await tetrad.getKnowledgeGraph("Bob"),
      ];
      expect(ofTetrad.nodes.map(({ id }) => id).sort()).toEqual(ofPython.nodes.map(({ id }) => id).sort());
      expect(ofTetrad.edges).toHaveLength(ofPython.edges.length);
      await python.removeNodes(["Alice"]);
      expect(await tetrad.getNodeEdges("Bob")).toEqual([]);
      await tetrad.removeNodes(["Bob"]);
      expect(await python.getNode("Bob")).toBeNull();
      await tetrad.finalize();
    });
  });

  describe("what differs on purpose", () => {
    const sides = useTwoSides(mongoBackend("GRAPH_STORAGE", "MongoGraphStorage", service), {
      namespace: "chunk_entity_relation",
    });

    test("self-loops count 2 one by one too, missing ends have names, an emptied source is empty", async () => {
      const tetrad = await sides.tetrad();
      const python = await sides.python();
      await python.upsertEdge("loop", "loop", { weight: 1 });
      expect([await python.nodeDegree("loop"), await tetrad.nodeDegree("loop")]).toEqual([1, 2]);
      expect((await python.nodeDegreesBatch(["loop"])).get("loop")).toBe(2);
      await python.upsertEdge("a", "p", { weight: 1 });
      await tetrad.upsertEdge("a", "t", { weight: 1 });
      expect([await python.call("get_node", ["p"]), await python.call("get_node", ["t"])]).toEqual([
        {},
        { entity_id: "t" },
      ]);
      for (const [side, id, left] of [
        [python, "p", ["c1"]],
        [tetrad, "t", []],
      ] as const) {
        await side.upsertNode(id, { entity_id: id, source_id: "c1" });
        await side.upsertNode(id, { entity_id: id, source_id: "" });
        expect(await python.getNode(id)).toMatchObject({ source_id: "", source_ids: left });
      }
      await tetrad.finalize();
    });
  });

  describe("vectors", () => {
    const sides = useTwoSides(mongoBackend("VECTOR_STORAGE", "MongoVectorDBStorage", service), {
      namespace: "entities",
      metaFields: ["entity_name", "content"],
      cosineThreshold: -1,
    });

    test("LightRAG's class ends its process on a server without search indexes; Tetrad scans", async () => {
      await expect(sides.python()).rejects.toThrow("Program cannot continue");
      const tetrad = await sides.tetrad();
      await tetrad.upsert({ a: { content: "a" }, b: { content: "b" } });
      await tetrad.indexDoneCallback();
      expect(await tetrad.query("a", 1)).toMatchObject([{ id: "a" }]);
      await tetrad.finalize();
    });
  });
});
