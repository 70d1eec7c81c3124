import type { DocStatusStorage } from "@tetrad/core";
import { redis } from "@tetrad/services";
import { askForService } from "@tetrad/services/vitest";
import { describe, expect, test } from "vitest";

import {
  closeAfterTest,
  document,
  newWorkspace,
  openClient,
  openDocs,
  useOpenStorages,
} from "./open-storages.ts";
import { indexOf, TIME } from "./stored-index.ts";

const uri = (await askForService("redis"))?.["REDIS_URI"] ?? "";

const idsOf = async (storage: DocStatusStorage): Promise<string[]> => {
  const ids: string[] = [];
  for await (const [id] of storage.entries()) ids.push(id);
  return ids.sort();
};

describe.skipIf(uri === "")("documents on Redis", () => {
  useOpenStorages();

  test("stand in LightRAG's index, which follows every change", async () => {
    const workspace = newWorkspace();
    const client = openClient(uri);
    const storage = await openDocs(uri, { workspace });
    await storage.upsert({
      "doc-1": document({ created_at: TIME }),
      "d|2": document({ created_at: TIME, status: "failed" }),
    });
    expect(await indexOf(client, workspace)).toEqual({
      "basename:a.txt": ["doc-1", "d|2"],
      "status:failed": [`${TIME}|d|2`],
      "status:pending": [`${TIME}|doc-1`],
    });
    await storage.updateDocStatusFields("doc-1", { status: "processed", file_path: "b.txt" });
    await storage.upsert({ "d|2": document({ status: "failed", metadata: { is_duplicate: true } }) });
    expect(await indexOf(client, workspace)).toEqual({
      "basename:b.txt": ["doc-1"],
      "status:failed": [`${TIME}|d|2`],
      "status:processed": [`${TIME}|doc-1`],
    });
    await storage.upsert({ "doc-1": document({ file_path: "unknown_source" }) });
    await storage.delete(["d|2", "absent"]);
    expect(await indexOf(client, workspace)).toEqual({ "status:pending": [`${TIME}|doc-1`] });
    await storage.drop();
    expect(await client.keys(`${workspace}*`)).toEqual([]);
  });

  test("changed by many at once lose no change, and the index stays right", async () => {
    const workspace = newWorkspace();
    const storage = await openDocs(uri, { workspace });
    const other = await openDocs(uri, { workspace, env: { REDIS_SOCKET_TIMEOUT: "29" } });
    await storage.upsert({ a: document({ created_at: TIME }) });
    const statuses = ["pending", "processing", "processed", "failed"] as const;
    await Promise.all(
      Array.from({ length: 80 }, async (_, index) => {
        const fields = { [`field ${index}`]: index, status: statuses[index % 4] ?? "failed" };
        await (index % 2 === 0 ? storage : other).updateDocStatusFields("a", fields);
      }),
    );
    const row = await storage.getById("a");
    for (let index = 0; index < 80; index += 1) expect(row).toHaveProperty(`field ${index}`, index);
    const index = await indexOf(openClient(uri), workspace);
    expect(index).toEqual({ "basename:a.txt": ["a"], [`status:${row?.status}`]: [`${TIME}|a`] });
  });

  test("are listed when one row among them is damaged", async () => {
    const workspace = newWorkspace();
    const storage = await openDocs(uri, { workspace });
    await storage.upsert({ a: document({ track_id: "t" }), b: document({ track_id: "t" }), c: document() });
    await openClient(uri).set(`${workspace}_doc_status:b`, '{"status": "pending", "track_id": "t", "updated');
    for (const sortField of ["created_at", "updated_at", "id", "file_path"] as const) {
      const { docs } = await storage.getDocsPaginated({ sortField });
      expect(docs.map(([id]) => id).sort()).toEqual(["a", "c"]);
    }
    expect([...(await storage.getDocsByTrackId("t")).keys()]).toEqual(["a"]);
    expect([...(await storage.getDocsByStatuses(["pending"])).keys()].sort()).toEqual(["a", "c"]);
    await storage.finalize();
    expect(await (await openDocs(uri, { workspace })).count()).toBe(2);
  });

  test("that are damaged leave the index when they are deleted, and move in it when they are rewritten", async () => {
    const workspace = newWorkspace();
    const client = openClient(uri);
    const storage = await openDocs(uri, { workspace });
    const ids = ["deleted", "rewritten", "other"];
    await storage.upsert(ids.map((id) => [id, document({ created_at: TIME, file_path: `${id}.txt` })]));
    for (const id of ["deleted", "rewritten"]) await client.set(`${workspace}_doc_status:${id}`, "{oops");
    await storage.delete(["deleted"]);
    await storage.upsert({ rewritten: document({ created_at: TIME, status: "failed", file_path: "b.txt" }) });
    expect(await storage.getStatusCounts()).toMatchObject({ pending: 1, failed: 1 });
    expect(await indexOf(client, workspace)).toEqual({
      "basename:b.txt": ["rewritten"],
      "basename:other.txt": ["other"],
      "status:failed": [`${TIME}|rewritten`],
      "status:pending": [`${TIME}|other`],
    });
  });

  test("of Python are found by fields that need a closer look", async () => {
    const workspace = newWorkspace();
    const client = openClient(uri);
    const rows: Record<string, string> = {
      inner:
        '{"status": "pending", "metadata": {"track_id": "t"}, "created_at": "2", "updated_at": "1", "track_id": "u"}',
      escaped: '{"status": "pending", "created_at": "1", "updated_at": "3", "track_id": "t\\u00e9 \\"x\\""}',
      nan: '{"status": "pending", "created_at": "3", "n": NaN, "updated_at": "2", "track_id": "t"}',
      lone: '{"status": "pending", "x": "\\ud800 {", "created_at": "4", "updated_at": "5", "track_id": "t"}',
      summary: `{"status": "pending", "content_summary": "{\\"track_id\\": \\"t\\"} ${"long ".repeat(200)}", "created_at": "5", "updated_at": "4", "track_id": "v"}`,
      none: '{"status": "pending", "created_at": "6", "track_id": null}',
      chinese: `{"status": "pending", "content_summary": "${"\\u4e2d".repeat(250)}", "created_at": "7", "updated_at": "6", "track_id": "w"}`,
    };
    for (const [id, text] of Object.entries(rows)) await client.set(`${workspace}_doc_status:${id}`, text);
    const storage = await openDocs(uri, { workspace });
    expect([...(await storage.getDocsByTrackId("t")).keys()].sort()).toEqual(["lone", "nan"]);
    expect([...(await storage.getDocsByTrackId('té "x"')).keys()]).toEqual(["escaped"]);
    expect([...(await storage.getDocsByTrackId("v")).keys()]).toEqual(["summary"]);
    expect([...(await storage.getDocsByTrackId("w")).keys()]).toEqual(["chinese"]);
    const { docs, total } = await storage.getDocsPaginated({ sortField: "updated_at", sortDirection: "asc" });
    expect(docs.map(([id]) => id)).toEqual(["inner", "nan", "escaped", "summary", "lone", "chinese", "none"]);
    expect(total).toBe(7);
  });

  test("are paged in order where some have no time of creation", async () => {
    const workspace = newWorkspace();
    const client = openClient(uri);
    for (const id of ["x", "y"]) await client.set(`${workspace}_doc_status:${id}`, '{"status": "pending"}');
    const storage = await openDocs(uri, { workspace });
    await storage.upsert({
      a: document({ created_at: "2026" }),
      b: document({ created_at: "2025", status: "failed" }),
    });
    const order = async (sortDirection: "asc" | "desc") => {
      const pages = [1, 2, 3].map(async (page) =>
        storage.getDocsPaginated({ sortField: "created_at", sortDirection, page, pageSize: 2 }),
      );
      return (await Promise.all(pages)).flatMap(({ docs }) => docs.map(([id]) => id));
    };
    expect(await order("asc")).toEqual(["b", "a", "x", "y"]);
    expect(await order("desc")).toEqual(["a", "b", "y", "x"]);
    const swept: string[] = [];
    let position: string | null = null;
    do {
      const page = await storage.getDocsByStatusesPage(["pending", "failed"], { limit: 1, position });
      swept.push(...page.docs.keys());
      position = page.next;
    } while (position !== null);
    expect(swept.sort()).toEqual(["a", "b", "x", "y"]);
  });

  test("are counted, paged and listed by the same commands whatever else is in the database", async () => {
    const server = await redis.start({});
    closeAfterTest(() => server.stop());
    const address = server.env["REDIS_URI"] ?? "";
    const client = openClient(address);
    const storage = await openDocs(address);
    await storage.upsert(
      Array.from(
        { length: 50 },
        (_, index) => [`doc ${index}`, document({ track_id: "t", content_hash: "h" })] as const,
      ),
    );
    /** How often the server ran each command. */
    async function commandsOfListings(): Promise<Map<string, number>> {
      await client.config("RESETSTAT");
      expect(await storage.isEmpty()).toBe(false);
      expect(await storage.count()).toBe(50);
      expect(await storage.getStatusCounts()).toMatchObject({ pending: 50 });
      for (const sortField of ["created_at", "updated_at", "id", "file_path"] as const)
        expect((await storage.getDocsPaginated({ sortField, pageSize: 10 })).docs).toHaveLength(10);
      expect((await storage.getDocsByStatusesPage(["pending"], { limit: 10 })).docs.size).toBe(10);
      expect((await storage.getDocsByStatuses(["pending"])).size).toBe(50);
      expect((await storage.getDocsByTrackId("t")).size).toBe(50);
      expect(await storage.getDocByFilePath("a.txt")).not.toBeNull();
      expect(await storage.getDocByFileBasename("a.txt")).not.toBeNull();
      expect(await storage.getDocByContentHash("h")).not.toBeNull();
      expect(await idsOf(storage)).toHaveLength(50);
      const text = await client.info("commandstats");
      return new Map(
        Array.from(text.matchAll(/cmdstat_(\S+?):calls=(\d+)/g), ([, name, calls]) => [
          name ?? "",
          Number(calls),
        ]),
      );
    }
    // The first time the server is taught its scripts.
    await commandsOfListings();
    const before = await commandsOfListings();
    await client.mset(Array.from({ length: 20_000 }, (_, index) => [`other ${index}`, "x"]).flat());
    const after = await commandsOfListings();
    expect([before.has("scan"), before.has("keys")]).toEqual([false, false]);
    expect(after).toEqual(before);
  });

  test("are refused with a time that could not be told from the id", async () => {
    const storage = await openDocs(uri);
    await expect(storage.upsert({ a: document({ created_at: "2026|x" }) })).rejects.toMatchObject({
      code: "INVALID_RECORD",
      path: "created_at",
    });
  });
});
