import { findDuplicateNodes, mergeDuplicateNodes } from "@tetrad/neo4j";
import { describe, expect, test } from "vitest";

import { intercepted } from "./fixtures/intercepted-driver.ts";
import { env, useWorkspaces } from "./fixtures/workspaces.ts";

describe.skipIf(env === null)("merging the nodes of one name", () => {
  const workspaces = useWorkspaces();
  const { query } = workspaces;

  test("keeps every value as it is: lists, dates, points, whole floats", async () => {
    const workspace = await workspaces.emptyWorkspace("types");
    await query(
      `CREATE (a:types {entity_id: 'a', tags: ['x'], score: 2.0, seen: date('2026-01-02')}),
        (b:types {entity_id: 'a', list: [1, 2], at: point({x: 1, y: 2}), ratio: 3.0, \`__proto__\`: 'p'}),
        (c:types {entity_id: 'c'}), (a)-[:DIRECTED {since: date('2026-01-02')}]->(c), (b)-[:DIRECTED {weight: 2.0, list: [1.0]}]->(c)`,
    );
    expect(await mergeDuplicateNodes({ driver: workspaces.driver(), workspace })).toBe(1);
    const types = "[key IN keys(x) | key + ': ' + replace(valueType(x[key]), ' NOT NULL', '')] AS types";
    const [[node], [edge]] = (await query(
      `MATCH (x:types {entity_id: 'a'}) RETURN ${types} UNION ALL MATCH (:types)-[x]->() RETURN ${types}`,
    )) as [[string[]], [string[]]];
    expect(node.sort()).toEqual([
      "__proto__: STRING",
      "at: POINT",
      "entity_id: STRING",
      "list: LIST<INTEGER>",
      "ratio: FLOAT",
      "score: FLOAT",
      "seen: DATE",
      "tags: LIST<STRING>",
    ]);
    expect(edge.sort()).toEqual(["list: LIST<FLOAT>", "since: DATE", "weight: FLOAT"]);
  });

  test("works in the database that the storage uses, unless another one is named", async () => {
    const workspace = await workspaces.emptyWorkspace("where");
    const databases = new Set<string | undefined>();
    const driver = intercepted(workspaces.driver(), ({ database }) => databases.add(database));
    // A namespace of the name of the one database that this edition has, and the name of one that it lacks.
    await findDuplicateNodes({ driver, workspace, namespace: "neo4j" });
    expect([...databases]).toEqual(["neo4j"]);
    databases.clear();
    await mergeDuplicateNodes({ driver, workspace });
    expect([...databases]).toEqual(["chunk-entity-relation", undefined]);
    databases.clear();
    await mergeDuplicateNodes({ driver, workspace, database: "neo4j" });
    expect([...databases]).toEqual(["neo4j"]);
  });
});
