import { findDuplicateNodes, mergeDuplicateNodes } from "@tetrad/neo4j";
import type { Driver } from "neo4j-driver";
import { auth, driver as openDriver } from "neo4j-driver-6.0";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { env, useWorkspaces } from "./fixtures/workspaces.ts";

describe.skipIf(env === null)("a driver of the application that is another copy of neo4j-driver", () => {
  const workspaces = useWorkspaces();
  const { open, query } = workspaces;
  let driver: ReturnType<typeof openDriver>;
  beforeAll(() => {
    const { NEO4J_URI = "", NEO4J_USERNAME = "", NEO4J_PASSWORD = "" } = env ?? {};
    driver = openDriver(NEO4J_URI, auth.basic(NEO4J_USERNAME, NEO4J_PASSWORD));
  });
  afterAll(async () => driver?.close());

  test("opens, writes and reads; deadlocks are tried again", async () => {
    const workspace = await workspaces.emptyWorkspace("copy");
    const storage = await open(workspace, { driver, env: {} });
    const pairs = Array.from(
      { length: 40 },
      (_, index) => [`n${index}`, `n${(index * 7 + 3) % 40}`] as const,
    );
    await Promise.all(
      Array.from({ length: 8 }, (_, turn) =>
        storage.upsertEdgesBatch(
          (turn % 2 === 0 ? pairs : pairs.toReversed()).map(([a, b]) => [a, b, { turn, rank: 2n ** 60n }]),
        ),
      ),
    );
    expect(await storage.getAllLabels()).toHaveLength(40);
    expect(await storage.getEdge("n0", "n3")).toMatchObject({ rank: 2n ** 60n });
    expect(workspaces.warnings).toEqual([]);
  });

  test("merges nodes, and is told what the server refuses", async () => {
    const workspace = await workspaces.emptyWorkspace("copied");
    await query("CREATE INDEX FOR (n:copied) ON (n.entity_id)");
    await query("CREATE (:copied {entity_id: 'a', x: 1}), (:copied {entity_id: 'a', y: 2})");
    if (!isDriver(driver)) throw new Error("It is not what it was");
    const graph = { driver, workspace };
    expect(await findDuplicateNodes(graph)).toEqual([{ id: "a", nodes: 2 }]);
    expect(await mergeDuplicateNodes(graph)).toBe(1);
    expect(await query("MATCH (n:copied) RETURN n.x, n.y")).toEqual([[1, 2]]);
    await expect(findDuplicateNodes({ ...graph, database: "absent" })).rejects.toMatchObject({
      code: "STORAGE_FAILED",
      message: expect.stringContaining("Neo.ClientError.Database.DatabaseNotFound") as string,
    });
  });
});

/** A compiler tells two copies of a class apart. */
function isDriver(value: object): value is Driver {
  return "executeQueryBookmarkManager" in value && "session" in value;
}
