import { FaultProxy } from "@tetrad/services";
import { auth, driver as openDriver } from "neo4j-driver";
import { describe, expect, test } from "vitest";

import { intercepted, withoutRight } from "./fixtures/intercepted-driver.ts";
import { env, useWorkspaces } from "./fixtures/workspaces.ts";

const SCHEMA = /^(CREATE|DROP) /;

describe.skipIf(env === null)("where names cannot be made unique", () => {
  const workspaces = useWorkspaces();
  const { open, query, warnings } = workspaces;

  async function workspaceOfLightRag(name: string): Promise<string> {
    const workspace = await workspaces.emptyWorkspace(name);
    await query(`CREATE INDEX lightrag_${name} FOR (n:${name}) ON (n.entity_id)`);
    await query(`CREATE (:${name} {entity_id: 'theirs'})`);
    return workspace;
  }

  test("a user who may make no constraints goes on with LightRAG's index, and is told", async () => {
    const workspace = await workspaceOfLightRag("no_constraints");
    const driver = withoutRight(workspaces.driver(), ({ text }) => text.startsWith("CREATE CONSTRAINT"));
    const storage = await open(workspace, { driver, env: {} });
    expect(warnings).toEqual([expect.stringContaining("Security.Forbidden") as string]);
    expect(await workspaces.indexesOf(workspace)).toEqual([
      ["FULLTEXT", "entity_id_fulltext_idx_no_constraints", false],
      ["RANGE", "lightrag_no_constraints", false],
    ]);
    await storage.upsertNode("ours", {});
    expect(await storage.getAllLabels()).toEqual(["ours", "theirs"]);
  });

  test("a user who may change no schema can read, write and search", async () => {
    const workspace = await workspaceOfLightRag("no_schema");
    const driver = withoutRight(workspaces.driver(), ({ text }) => SCHEMA.test(text));
    const storage = await open(workspace, { driver, env: {} });
    expect(warnings).toHaveLength(2);
    expect(await workspaces.indexesOf(workspace)).toEqual([["RANGE", "lightrag_no_schema", false]]);
    await storage.upsertEdge("ours", "theirs", {});
    expect(await storage.searchLabels("our")).toEqual(["ours"]);
  });

  test("a user who may not drop LightRAG's index keeps it", async () => {
    const workspace = await workspaceOfLightRag("no_drop");
    const driver = withoutRight(workspaces.driver(), ({ text }) => text.startsWith("DROP"));
    await open(workspace, { driver, env: {} });
    expect(warnings).toEqual([expect.stringContaining("Security.Forbidden") as string]);
    expect((await workspaces.indexesOf(workspace)).at(-1)).toEqual(["RANGE", "lightrag_no_drop", false]);
  });

  test("a connection lost between the old index and the constraint leaves an index", async () => {
    const workspace = await workspaceOfLightRag("lost");
    const { NEO4J_URI = "", NEO4J_USERNAME = "", NEO4J_PASSWORD = "" } = env ?? {};
    const { hostname, port } = new URL(NEO4J_URI);
    const proxy = await FaultProxy.start(Number(port), hostname);
    const driver = openDriver(`bolt://127.0.0.1:${proxy.port}`, auth.basic(NEO4J_USERNAME, NEO4J_PASSWORD));
    let isDropped = false;
    const cut = intercepted(driver, ({ text }) => {
      proxy.mode = isDropped && text.startsWith("CREATE CONSTRAINT") ? "reset" : "pass";
      isDropped ||= text.startsWith("DROP INDEX");
    });
    const opening = open(workspace, { driver: cut, env: {}, maxTransactionRetryTime: 1 });
    await expect(opening).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    expect(isDropped).toBe(true);
    expect(await workspaces.indexesOf(workspace)).toEqual([["RANGE", expect.any(String), false]]);
    await open(workspace);
    expect((await workspaces.indexesOf(workspace)).at(-1)).toEqual(["RANGE", expect.any(String), true]);
    await driver.close();
    await proxy.close();
  });

  test("what looks at every node may take longer than other queries", async () => {
    const workspace = await workspaces.emptyWorkspace("patience");
    const timeouts: [string, unknown][] = [];
    const driver = intercepted(workspaces.driver(), ({ text, timeout }) => timeouts.push([text, timeout]));
    const storage = await open(workspace, { driver, env: {}, queryTimeout: 1.5 });
    await storage.upsertNode("a", {});
    const timeoutOf = (start: string) => timeouts.find(([text]) => text.startsWith(start))?.[1];
    expect(timeoutOf("CREATE CONSTRAINT")).toBe(600_000);
    expect(timeoutOf("CREATE FULLTEXT")).toBe(600_000);
    expect(timeoutOf("UNWIND")).toBe(1500);
  });
});

describe.skipIf(env === null)("a database that is closed to the user", () => {
  const workspaces = useWorkspaces();
  const withoutTenant = () => withoutRight(workspaces.driver(), ({ database }) => database === "tenant-a");

  test("is an error where it was named: nothing goes to another one", async () => {
    const opening = workspaces.open("closed", { driver: withoutTenant(), env: {}, database: "tenant-a" });
    await expect(opening).rejects.toMatchObject({ code: "STORAGE_ACCESS" });
  });

  test("and may not be made, is an error too", async () => {
    const driver = withoutRight(workspaces.driver(), ({ text }) => text.startsWith("CREATE DATABASE"));
    const opening = workspaces.open("unmade", { driver, env: {}, database: "tenant-b" });
    await expect(opening).rejects.toMatchObject({ code: "STORAGE_ACCESS" });
  });

  test("is passed by where it is LightRAG's default, as LightRAG does", async () => {
    const driver = withoutRight(workspaces.driver(), ({ database }) => database === "chunk-entity-relation");
    const storage = await workspaces.open("passed_by", { driver, env: {} });
    await storage.upsertNode("a", {});
    expect(await workspaces.query("MATCH (n:passed_by) RETURN count(n)")).toEqual([[1]]);
  });
});
