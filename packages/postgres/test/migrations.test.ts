import { createStorage, registerStorage } from "@tetrad/core";
import { PGDocStatusStorage, PGKVStorage, PGTableGraphStorage } from "@tetrad/postgres";
import { describe, expect, test } from "vitest";

import { openVectors, vectorOf } from "./open-vectors.ts";
import { embeddedDatabase, servedDatabase } from "./postgres-targets.ts";

/*
 * Tables as earlier releases of LightRAG left them. Each test has those of its own in one database,
 * whose zone is not UTC.
 */

registerStorage("KV_STORAGE", "Records", { load: () => PGKVStorage });
registerStorage("DOC_STATUS_STORAGE", "Docs", { load: () => PGDocStatusStorage });
registerStorage("GRAPH_STORAGE", "Graph", { load: () => PGTableGraphStorage });

const NOON = Date.UTC(2025, 0, 2, 12) / 1000;
const vectorText = (number: number, dimension = 8): string => `[${vectorOf(number, dimension).join(",")}]`;

for (const database of [await embeddedDatabase(), await servedDatabase()]) {
  if (database === null) continue;
  const isServed = database.name === "served";
  // On connections of their own, which have the zone of the database.
  const place = isServed ? { ...database, options: {} } : database;
  await database.run(
    isServed
      ? `ALTER DATABASE "${database.env["POSTGRES_DATABASE"] ?? ""}" SET timezone = 'Asia/Shanghai'`
      : "SET timezone = 'Asia/Shanghai'",
  );
  // Where AGE is loaded, nothing can be dropped in a database without it.
  await database.run("CREATE EXTENSION IF NOT EXISTS age; CREATE EXTENSION IF NOT EXISTS vector");
  const options = (namespace: string) => ({ namespace, workspace: "w", env: place.env, ...place.options });

  describe(`older tables, ${database.name}`, () => {
    test.each([
      ["with a mode and its key", ", PRIMARY KEY (workspace, mode, id)"],
      ["with a mode and no key", ""],
    ])("the cache %s: ids are made, and of equal ones the last stays", async (_, key) => {
      await database.run(`DROP TABLE IF EXISTS lightrag_llm_cache;
        CREATE TABLE lightrag_llm_cache (workspace varchar(255), id varchar(255), mode varchar(32), original_prompt text,
          return_value text, create_time timestamp DEFAULT CURRENT_TIMESTAMP, update_time timestamp${key.replace("PRIMARY", "CONSTRAINT lightrag_llm_cache_pk PRIMARY")});
        INSERT INTO lightrag_llm_cache VALUES ('w', 'hash', 'local', 'prompt', 'of local', now(), now()),
          ('w', 'default:extract:1', 'default', 'p', 'old', now(), '2024-01-01'),
          ('w', 'default:extract:1', 'naive', 'p', 'new', now(), '2025-01-01')`);
      const cache = await createStorage("KV_STORAGE", "Records", options("llm_response_cache"));
      expect(await cache.getById("default:extract:1")).toMatchObject({
        return: "new",
        cache_type: "extract",
      });
      const ids: string[] = [];
      for await (const [id] of cache.entries()) ids.push(id);
      expect(ids).toEqual(["default:extract:1", expect.stringMatching(/^local:extract:[0-9a-f]{32}$/)]);
      await cache.upsert({ "default:extract:1": { return: "again" } });
      expect(await cache.count()).toBe(2);
      await cache.finalize();
    });

    test("the cache without a key: it has one again", async () => {
      await database.run(`DROP TABLE IF EXISTS lightrag_llm_cache;
        CREATE TABLE lightrag_llm_cache (workspace varchar(255), id varchar(255), original_prompt text, return_value text);
        INSERT INTO lightrag_llm_cache VALUES ('w', 'a', 'p', 'first'), ('w', 'a', 'p', 'second')`);
      const cache = await createStorage("KV_STORAGE", "Records", options("llm_response_cache"));
      expect(await cache.getById("a")).toMatchObject({ return: "second" });
      await cache.upsert({ a: { return: "third" } });
      expect(await cache.count()).toBe(1);
      await cache.finalize();
    });

    test("documents with zones, whole seconds and few columns: moments stay, and new ones have microseconds", async () => {
      await database.run(`CREATE TABLE lightrag_doc_status (workspace varchar(255), id varchar(255), content_summary varchar(255),
          content_length int4, chunks_count int4, status varchar(64), file_path varchar(256),
          created_at timestamptz, updated_at timestamp(0), CONSTRAINT lightrag_doc_status_pk PRIMARY KEY (workspace, id));
        INSERT INTO lightrag_doc_status VALUES ('w', 'old', 's', 1, 1, 'processed', 'a.txt', '2025-01-02 20:00:00.5+08', '2025-01-02 12:00:01')`);
      const docs = await createStorage("DOC_STATUS_STORAGE", "Docs", options("doc_status"));
      expect(await docs.getById("old")).toMatchObject({
        created_at: "2025-01-02T12:00:00.500000+00:00",
        updated_at: "2025-01-02T12:00:01.000000+00:00",
        chunks_list: [],
      });
      const times = {
        created_at: "2025-01-02T12:00:00.123456+00:00",
        updated_at: "2025-01-02T12:00:00.654321+00:00",
      };
      const long = `${"é".repeat(300)}.txt`;
      await docs.upsert({ new: { status: "pending", file_path: long, of_ours: [1], ...times } });
      expect(await docs.getById("new")).toMatchObject({ ...times, file_path: long, of_ours: [1] });
      await docs.finalize();
    });

    test("chunks with a zone and their vectors: both are there", async () => {
      await database.run(`CREATE TABLE lightrag_doc_chunks (id varchar(255), workspace varchar(255), full_doc_id varchar(256),
          chunk_order_index int, tokens int, content text, content_vector vector, file_path varchar(256),
          create_time timestamptz(0), update_time timestamptz(0), CONSTRAINT lightrag_doc_chunks_pk PRIMARY KEY (workspace, id));
        INSERT INTO lightrag_doc_chunks VALUES
          ('c1', 'w', 'd', 0, 3, 'chunk', '${vectorText(1)}', 'a.txt', '2025-01-02 20:00+08', '2025-01-02 20:00+08'),
          ('c2', 'w', 'd', 1, 3, 'none', NULL, 'a.txt', NULL, NULL),
          ('c3', 'wide', 'd', 1, 3, 'wide', '${vectorText(1, 16)}', 'a.txt', NULL, NULL)`);
      const fields = { full_doc_id: "d", content: "chunk", file_path: "a.txt" };
      const vectors = await openVectors(place);
      expect(await vectors.getById("c1")).toMatchObject({ ...fields, created_at: NOON });
      expect(await vectors.query("", 5, { queryEmbedding: vectorOf(1) })).toMatchObject([{ id: "c1" }]);
      await expect(openVectors(place, { workspace: "wide" })).rejects.toMatchObject({
        code: "DIMENSION_MISMATCH",
      });
      const chunks = await createStorage("KV_STORAGE", "Records", options("text_chunks"));
      expect(await chunks.getById("c1")).toMatchObject({ ...fields, create_time: NOON });
      await chunks.upsert({ c1: { ...fields, of_ours: 1 } });
      expect(await chunks.getById("c1")).toMatchObject({ of_ours: 1, create_time: NOON });
      await chunks.finalize();
      await vectors.drop();
      await vectors.finalize();
      const again = await openVectors(place);
      expect(await again.count()).toBe(0);
      await again.finalize();
    });

    test("entities without a model's name: copied to its table, or widened where they stand", async () => {
      await database.run(`CREATE TABLE lightrag_vdb_entity (id varchar(255), workspace varchar(255), entity_name varchar(255), content text,
          content_vector vector(8), create_time timestamptz(0), update_time timestamptz(0), chunk_ids varchar(255)[],
          file_path varchar(256), CONSTRAINT lightrag_vdb_entity_pk PRIMARY KEY (workspace, id));
        INSERT INTO lightrag_vdb_entity VALUES
          ('e1', 'named', 'Alice', 'Alice', '${vectorText(1)}', '2025-01-02 20:00+08', now(), '{c1,c2}', 'a.txt'),
          ('e1', 'unnamed', 'Alice', 'Alice', '${vectorText(1)}', '2025-01-02 20:00+08', now(), '{c1}', NULL)`);
      const namespace = "entities";
      const named = { namespace, workspace: "named", modelName: "New" };
      await expect(openVectors(place, { ...named, dimension: 16 })).rejects.toMatchObject({
        code: "DIMENSION_MISMATCH",
      });
      const copied = await openVectors(place, named);
      const record = { entity_name: "Alice", source_id: "c1<SEP>c2", created_at: NOON };
      expect(await copied.getById("e1")).toMatchObject(record);
      await copied.finalize();
      // A workspace of one model is not opened with another.
      await expect(openVectors(place, { ...named, modelName: "Other" })).rejects.toMatchObject({
        code: "DIMENSION_MISMATCH",
      });
      const unnamed = await openVectors(place, { namespace, workspace: "unnamed" });
      expect(await unnamed.getById("e1")).toMatchObject({ entity_name: "Alice", created_at: NOON });
      const name = "n".repeat(400);
      await unnamed.upsert({ e2: { content: "e2", entity_name: name } });
      await unnamed.indexDoneCallback();
      expect(await unnamed.getById("e2")).toMatchObject({ entity_name: name });
      await unnamed.finalize();
    });

    test("a graph without namespaces, and one that lost its foreign keys", async () => {
      await database.run(`CREATE TABLE lightrag_graph_nodes (workspace text NOT NULL, id text NOT NULL, properties jsonb NOT NULL DEFAULT '{}',
          updated_at timestamptz NOT NULL DEFAULT now(), CONSTRAINT lightrag_graph_nodes_pkey PRIMARY KEY (workspace, id));
        CREATE TABLE lightrag_graph_edges (workspace text NOT NULL, src_id text NOT NULL, tgt_id text NOT NULL,
          properties jsonb NOT NULL DEFAULT '{}', updated_at timestamptz NOT NULL DEFAULT now());
        INSERT INTO lightrag_graph_nodes VALUES ('w', 'a'), ('w', 'b');
        INSERT INTO lightrag_graph_edges VALUES ('w', 'a', 'b', '{"weight": 2.5}', now()), ('w', 'a', 'gone', '{}', now()),
          ('w', 'b', 'a', '{"weight": 1.5}', now() - interval '1 day')`);
      for (const spoil of [
        "SELECT",
        // As where a change of the table broke off between its column and its key.
        `ALTER TABLE lightrag_graph_nodes DROP CONSTRAINT lightrag_graph_nodes_pkey CASCADE, ADD CONSTRAINT lightrag_graph_nodes_pkey PRIMARY KEY (workspace, id)`,
        `ALTER TABLE lightrag_graph_edges DROP CONSTRAINT lightrag_graph_edges_pkey, ADD CONSTRAINT lightrag_graph_edges_pkey PRIMARY KEY (workspace, src_id, tgt_id)`,
        "ALTER TABLE lightrag_graph_edges DROP CONSTRAINT fk_lightrag_graph_edges_tgt",
      ]) {
        await database.run(spoil);
        const graph = await createStorage("GRAPH_STORAGE", "Graph", options("chunk_entity_relation"));
        expect(await graph.getEdge("b", "a")).toMatchObject({ weight: 2.5 });
        expect(await graph.getNodeEdges("a")).toEqual([["a", "b"]]);
        await graph.upsertEdge("a", "c", {});
        await graph.deleteNode("c");
        await graph.finalize();
        const elsewhere = await createStorage("GRAPH_STORAGE", "Graph", options("other_graph"));
        await elsewhere.upsertEdge("a", "b", {});
        await elsewhere.drop();
        await elsewhere.finalize();
      }
      await expect(
        database.run(
          "INSERT INTO lightrag_graph_edges (workspace, src_id, tgt_id) VALUES ('w', 'a', 'none')",
        ),
      ).rejects.toThrow(/foreign key/);
      const graph = await createStorage("GRAPH_STORAGE", "Graph", options("chunk_entity_relation"));
      // As a LightRAG of those days may write beside us.
      await database.run(
        `INSERT INTO lightrag_graph_edges (workspace, src_id, tgt_id, properties) VALUES ('w', 'b', 'a', '{"weight": 3}')`,
      );
      const edges: unknown[] = [];
      for await (const [source, target] of graph.edges()) edges.push([source, target]);
      expect(edges).toEqual([["a", "b"]]);
      await graph.finalize();
    });

    test("a moment in milliseconds, which no column holds, comes back as it is", async () => {
      const create_time = 1_760_000_000_000;
      const records = await createStorage("KV_STORAGE", "Records", options("full_docs"));
      await records.upsert({ a: { content: "x", create_time } });
      expect(await records.getById("a")).toMatchObject({ create_time });
      await records.finalize();
      const vectors = await openVectors(place, { workspace: "times", namespace: "relationships" });
      const fields = { content: "x", created_at: create_time };
      await vectors.upsertVectors([{ id: "a", vector: vectorOf(1), fields }]);
      await vectors.indexDoneCallback();
      expect(await vectors.getById("a")).toMatchObject({ created_at: create_time });
      for await (const row of vectors.entries()) expect(row.fields["created_at"]).toBe(create_time);
      await vectors.finalize();
    });
  });
}
