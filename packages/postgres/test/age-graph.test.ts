import { createStorage, registerStorage } from "@tetrad/core";
import { PGGraphStorage } from "@tetrad/postgres";
import pg from "pg";
import { describe, expect, test } from "vitest";

import {
  clientConfig,
  embeddedDatabase,
  onServer,
  servedDatabase,
  type TestDatabase,
} from "./postgres-targets.ts";

registerStorage("GRAPH_STORAGE", "AgeGraph", { load: () => PGGraphStorage });

const served = await servedDatabase();

function openGraph(
  { env, options }: Pick<TestDatabase, "env" | "options">,
  workspace: string,
  connections = "4",
) {
  return createStorage("GRAPH_STORAGE", "AgeGraph", {
    namespace: "chunk_entity_relation",
    workspace,
    env: { ...env, POSTGRES_MAX_CONNECTIONS: connections },
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    ...options,
  });
}

for (const database of [await embeddedDatabase(), served]) {
  if (database === null) continue;

  describe(`graphs of AGE, ${database.name}`, () => {
    test("two workspaces on one name: the second is refused", async () => {
      const first = await openGraph(database, "a-b");
      await first.upsertNode("x", {});
      await first.finalize();
      await expect(openGraph(database, "a_b")).rejects.toMatchObject({ code: "INVALID_WORKSPACE" });
      const again = await openGraph(database, "a-b");
      expect(await again.getAllLabels()).toEqual(["x"]);
      await again.finalize();
    });

    test("several vertices of one entity, as parallel writers of LightRAG leave them, are read as one", async () => {
      await (await openGraph(database, "twice")).finalize();
      const graph = `"twice_chunk_entity_relation"`;
      await database.run(`DROP INDEX ${graph}.tetrad_unique_entity;
        INSERT INTO ${graph}.base (properties) VALUES ('{"entity_id": "a", "n": 1}'::ag_catalog.agtype),
          ('{"entity_id": "b"}'::ag_catalog.agtype), ('{"entity_id": "a", "n": 2}'::ag_catalog.agtype)`);
      const opened = await openGraph(database, "twice");
      const nodes: unknown[] = [];
      for await (const [id, attributes] of opened.nodes()) nodes.push([id, attributes["n"]]);
      expect(nodes).toEqual([
        ["a", 1],
        ["b", undefined],
      ]);
      expect(await opened.getNode("a")).toMatchObject({ n: 1 });
      expect(await opened.getAllLabels()).toEqual(["a", "b"]);
      await opened.finalize();
    });
  });
}

describe.skipIf(served === null)("writers of AGE", () => {
  const env = served?.env ?? {};

  test("eight at once make each entity and each edge once", async () => {
    const graphs = await Promise.all(
      Array.from({ length: 8 }, (_, writer) => openGraph({ env, options: {} }, "many", String(writer + 1))),
    );
    await Promise.all(
      graphs.map(async (graph, writer) => {
        for (let number = 0; number < 10; number += 1) {
          await graph.upsertNode(`n${number}`, { [`of_${writer}`]: number });
          await graph.upsertEdge(`n${number}`, `n${(number + 1) % 10}`, { weight: writer });
        }
      }),
    );
    const [vertices, edges] = await onServer(
      env,
      `SELECT count(*)::int AS count FROM "many_chunk_entity_relation".base`,
      `SELECT count(*)::int AS count FROM "many_chunk_entity_relation"."DIRECTED"`,
    );
    expect([vertices?.rows[0], edges?.rows[0]]).toEqual([{ count: 10 }, { count: 10 }]);
    expect(Object.keys((await graphs[0]?.getNode("n3")) ?? {})).toHaveLength(9);
    for (const graph of graphs) await graph.finalize();
  });

  test("of another kind, who take no lock, may make an entity while it is made here", async () => {
    const graph = await openGraph({ env, options: {} }, "race");
    const other = new pg.Client(clientConfig(env));
    await other.connect();
    try {
      await other.query("BEGIN");
      await other.query(
        `INSERT INTO "race_chunk_entity_relation".base (properties) VALUES ('{"entity_id": "x", "theirs": 1}'::ag_catalog.agtype)`,
      );
      const written = graph.upsertNode("x", { ours: 2 });
      await expect
        .poll(
          async () => {
            const [result] = await onServer(
              env,
              "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
            );
            return result?.rows.length;
          },
          { timeout: 20_000 },
        )
        .toBe(1);
      await other.query("COMMIT");
      await written;
    } finally {
      await other.end();
    }
    expect(await graph.getNode("x")).toMatchObject({ theirs: 1, ours: 2 });
    await graph.finalize();
  });
});
