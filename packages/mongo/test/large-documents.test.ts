import { expect, test } from "vitest";

import { useMongo } from "./use-mongo.ts";

const mongo = useMongo("ferretdb", "large_documents");
/** What a server stores at most. */
const LIMIT = 16 * 2 ** 20;
/** What names, ids, times and the statement around a document take is less. */
const JUST_BELOW = "x".repeat(LIMIT - 5000);
const JUST_ABOVE = "x".repeat(LIMIT - 200);
const REFUSED = { code: "INVALID_RECORD", message: expect.stringContaining("Nothing of this call") };

test("a record may be replaced by one just below the limit; above it nothing of the call is written", async () => {
  const kv = await mongo.open("KV_STORAGE");
  await kv.upsert({ a: { text: "" } });
  await kv.upsert({ a: { text: JUST_BELOW } });
  expect((await kv.getById("a"))?.["text"]).toHaveLength(JUST_BELOW.length);
  // As many small ones before it as two batches take.
  const small = Array.from({ length: 200 }, (_, index) => [`k${index}`, { index }] as const);
  for (const id of ["new", "a"])
    await expect(kv.upsert([...small, [id, { text: JUST_ABOVE }]])).rejects.toMatchObject(REFUSED);
  expect(await kv.count()).toBe(1);
});

test("fields of a document that are too large are refused before they are written", async () => {
  const documents = await mongo.open("DOC_STATUS_STORAGE");
  await documents.upsert({ a: { status: "pending" } });
  const update = documents.updateDocStatusFields("a", { content_summary: JUST_ABOVE });
  await expect(update).rejects.toMatchObject(REFUSED);
  expect((await documents.getById("a"))?.content_summary).toBe("");
});

test("nodes and edges that are too large are refused before any of their call is written", async () => {
  const graph = await mongo.open("GRAPH_STORAGE");
  const nodes = [["a", {}] as const, ["b", { description: JUST_ABOVE }] as const];
  await expect(graph.upsertNodesBatch(nodes)).rejects.toMatchObject(REFUSED);
  const edges = [["a", "b", {}] as const, ["a", "c", { description: JUST_ABOVE }] as const];
  await expect(graph.upsertEdgesBatch(edges)).rejects.toMatchObject(REFUSED);
  expect(await graph.getAllLabels()).toEqual([]);
});

test("a row of vectors that is too large is refused at the flush, and the others wait", async () => {
  const vectors = await mongo.open("VECTOR_STORAGE", { namespace: "notes" });
  const vector = [1, 0, 0, 0, 0, 0, 0, 0];
  await vectors.upsertVectors([
    { id: "small", vector, fields: { content: "" } },
    { id: "large", vector, fields: { content: JUST_ABOVE } },
  ]);
  await expect(vectors.indexDoneCallback()).rejects.toMatchObject(REFUSED);
  expect(await vectors.count()).toBe(0);
  await vectors.upsertVectors([{ id: "large", vector, fields: { content: "" } }]);
  await vectors.indexDoneCallback();
  expect(await vectors.count()).toBe(2);
});
