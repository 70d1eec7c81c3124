import { resolveSettings, readSettingSources } from "@tetrad/core/plugin";
import { MemgraphStorage } from "@tetrad/neo4j";
import { askForService } from "@tetrad/services/vitest";
import { describeGraphStorage } from "@tetrad/testkit/vitest";
import { driver } from "neo4j-driver";
import { expect, test } from "vitest";

const env = await askForService("memgraph");

test("Memgraph's settings have LightRAG's defaults", () => {
  const { values, faults } = resolveSettings(
    MemgraphStorage.settings,
    {},
    readSettingSources({ MEMGRAPH_URI: "bolt://localhost:7687" }),
  );
  expect(faults).toEqual([]);
  expect(values).toMatchObject({
    uri: "bolt://localhost:7687",
    username: "",
    password: "",
    database: "memgraph",
  });
});

// Its own statements need a Memgraph; what it shares with Neo4j is tested there.
if (env !== null) {
  const labels = new Set<string>();
  const { values } = resolveSettings(MemgraphStorage.settings, {}, readSettingSources(env));
  describeGraphStorage("MemgraphStorage", {
    async open(options) {
      const { namespace, workspace } = options;
      labels.add(namespace === "chunk_entity_relation" ? workspace : `${workspace}:${namespace}`);
      return new MemgraphStorage({ ...options, ...values });
    },
    async reset() {
      const client = driver(values.uri ?? "");
      const session = client.session();
      for (const label of labels) await session.run(`MATCH (n:\`${label}\`) DETACH DELETE n`);
      await client.close();
    },
  });
}
