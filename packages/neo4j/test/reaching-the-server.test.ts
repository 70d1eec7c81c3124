import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import { fileURLToPath } from "node:url";

import { certificatesFor, type Certificates } from "@tetrad/services";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { env, useWorkspaces } from "./fixtures/workspaces.ts";

const address = new URL(env?.["NEO4J_URI"] ?? "bolt://127.0.0.1:7687");

/** Runs a program that writes to a workspace. @returns its exit code */
async function write(workspace: string, variables: Readonly<Record<string, string>> = {}): Promise<number> {
  const program = fileURLToPath(new URL("programs/open-and-write.mjs", import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...env, NEO4J_WORKSPACE: workspace, ...variables },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = (await once(child, "exit")) as [number];
  return code;
}

describe.skipIf(env === null)("Neo4j is reached", () => {
  const workspaces = useWorkspaces();
  const { open, query } = workspaces;

  test("by neo4j://: reads, which may go to any server, see what was written", async () => {
    const storage = await open("routed", { uri: `neo4j://${address.host}` });
    for (let turn = 0; turn < 10; turn += 1) {
      await storage.upsertNode("a", { turn });
      expect(await storage.getNode("a")).toEqual({ entity_id: "a", turn });
    }
  });

  test("by several processes at once, which open a new workspace", async () => {
    const workspace = await workspaces.emptyWorkspace("processes");
    expect(await Promise.all([1, 2, 3].map(() => write(workspace)))).toEqual([0, 0, 0]);
    expect(await query("MATCH (n:processes) RETURN n.entity_id ORDER BY n.entity_id")).toEqual([
      ["a"],
      ["b"],
      ["hub"],
    ]);
    expect(await query("MATCH (:processes)-[r]->() RETURN count(r)")).toEqual([[2]]);
    expect(
      await query("SHOW CONSTRAINTS YIELD labelsOrTypes WHERE $workspace IN labelsOrTypes RETURN count(*)", {
        workspace,
      }),
    ).toEqual([[1]]);
  });

  describe("with TLS", () => {
    let folder: string;
    let files: Certificates;
    let server: Server;
    let host: string;
    // A door with TLS before the server, which has none.
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "tetrad-tls-"));
      files = await certificatesFor("127.0.0.1", folder);
      const [cert, key] = await Promise.all([readFile(files.certificate), readFile(files.key)]);
      server = createServer({ cert, key }, (client) => {
        const upstream = connect(Number(address.port), address.hostname);
        client.pipe(upstream).pipe(client);
        for (const socket of [client, upstream]) socket.on("error", () => client.destroy());
      });
      server.on("tlsClientError", () => {});
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(async () => {
      server?.close();
      await rm(folder, { recursive: true, force: true });
    });

    test("by bolt+ssc:// whoever signed the certificate", async () => {
      const storage = await open("any_certificate", { uri: `bolt+ssc://${host}` });
      await storage.upsertNode("a", {});
      expect(await storage.hasNode("a")).toBe(true);
    });

    test("by bolt+s:// where the authority is known, and not elsewhere", async () => {
      await expect(open("unknown_authority", { uri: `bolt+s://${host}` })).rejects.toMatchObject({
        code: "STORAGE_UNAVAILABLE",
      });
      const workspace = await workspaces.emptyWorkspace("known_authority");
      const variables = { NEO4J_URI: `bolt+s://${host}`, NODE_EXTRA_CA_CERTS: files.authority };
      expect(await write(workspace, variables)).toBe(0);
      expect(await query("MATCH (n:known_authority) RETURN count(n)")).toEqual([[3]]);
    });

    test("and not without it, where the server wants it", async () => {
      await expect(open("plain", { uri: `bolt://${host}` })).rejects.toMatchObject({
        code: "STORAGE_UNAVAILABLE",
      });
    });
  });
});
