import { createStorage, type DocStatusStorage, registerStorage } from "@tetrad/core";
import { PGDocStatusStorage } from "@tetrad/postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { clientConfig, servedDatabase } from "./postgres-targets.ts";

registerStorage("DOC_STATUS_STORAGE", "Docs", { load: () => PGDocStatusStorage });

const database = await servedDatabase();
const DOCUMENTS = 6000;
const PAGE = 50;
/** The server says how it came to each answer. */
const EXPLAINED =
  "-c session_preload_libraries=auto_explain -c client_min_messages=log -c auto_explain.log_min_duration=0 -c auto_explain.log_analyze=on -c auto_explain.log_timing=off -c auto_explain.log_format=json";

interface PlanNode {
  readonly "Node Type": string;
  readonly "Index Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly Plans?: readonly PlanNode[];
}

/** Plans of the statements of one listing, each node by itself. */
class Plans {
  readonly #nodes: PlanNode[] = [];

  add(message: string): void {
    const start = message.indexOf("{");
    if (start < 0) return;
    this.#addNode((JSON.parse(message.slice(start)) as { Plan: PlanNode }).Plan);
  }

  clear(): void {
    this.#nodes.length = 0;
  }

  get scans(): string[] {
    return this.#nodes.flatMap((node) => (node["Node Type"].includes("Scan") ? [node["Node Type"]] : []));
  }

  /** The most rows that one step of a plan looked at. */
  get mostRows(): number {
    return Math.max(...this.#nodes.map((node) => node["Actual Rows"] * node["Actual Loops"]));
  }

  #addNode(node: PlanNode): void {
    this.#nodes.push(node);
    for (const each of node.Plans ?? []) this.#addNode(each);
  }
}

function time(index: number): string {
  return new Date(Date.UTC(2026, 0, 1) + ((index * 7919) % DOCUMENTS) * 1000).toISOString();
}

describe.skipIf(database === null)("pages of many documents", () => {
  const plans = new Plans();
  const pool = new pg.Pool({ ...clientConfig(database?.env ?? {}), options: EXPLAINED, max: 2 });
  pool.on("connect", (client) => client.on("notice", ({ message = "" }) => plans.add(message)));
  let docs: DocStatusStorage;

  beforeAll(async () => {
    docs = await createStorage("DOC_STATUS_STORAGE", "Docs", {
      namespace: "doc_status",
      env: database?.env ?? {},
      pool,
    });
    await docs.upsert(
      Array.from({ length: DOCUMENTS }, (_, index) => [
        `doc-${index}`,
        {
          status: index % 100 === 0 ? "failed" : index % 10 === 0 ? "pending" : "processed",
          file_path: `${index % 500}.txt`,
          content_hash: `hash ${index}`,
          track_id: `track ${index % 1000}`,
          created_at: time(index),
          updated_at: time(index + 1),
        },
      ]),
    );
    await pool.query("VACUUM ANALYZE lightrag_doc_status");
  });
  afterAll(async () => {
    await docs?.finalize();
    await pool.end();
  });

  /** What a listing looked at when its documents had been counted before. */
  async function looksAt(listing: () => Promise<unknown>): Promise<Plans> {
    await listing();
    plans.clear();
    await listing();
    return plans;
  }

  test.each(["created_at", "updated_at", "id", "file_path"] as const)(
    "the first and a later one by %s come from an index",
    async (sortField) => {
      for (const sortDirection of ["asc", "desc"] as const) {
        for (const page of [1, 20]) {
          const seen = await looksAt(() =>
            docs.getDocsPaginated({ page, pageSize: PAGE, sortField, sortDirection }),
          );
          expect(seen.scans).not.toContain("Seq Scan");
          expect(seen.mostRows).toBeLessThanOrEqual(page * PAGE);
        }
      }
    },
  );

  test("those of some statuses look at as many of each", async () => {
    for (const sortField of ["created_at", "updated_at"] as const) {
      const seen = await looksAt(() =>
        docs.getDocsPaginated({ pageSize: PAGE, sortField, statuses: ["processed", "pending"] }),
      );
      expect(seen.scans).not.toContain("Seq Scan");
      // Of those with one time the ids decide, so the first of the next time is looked at too.
      expect(seen.mostRows).toBeLessThanOrEqual(2 * PAGE + 2);
    }
  });

  test("a sweep goes on where the last page ended", async () => {
    const statuses = ["processed", "failed", "pending"] as const;
    let position: string | null = null;
    for (let page = 0; page < 5; page += 1) {
      const seen: Plans = await looksAt(async () => {
        position = (await docs.getDocsByStatusesPage(statuses, { limit: PAGE, position })).next;
      });
      expect(seen.scans).not.toContain("Seq Scan");
      expect(seen.mostRows).toBeLessThanOrEqual(3 * (PAGE + 2));
    }
  });

  test("lookups by path, track and content look at what they find", async () => {
    for (const lookup of [
      () => docs.getDocByFilePath("77.txt"),
      () => docs.getDocByFileBasename("77.txt"),
      () => docs.getDocByContentHash("hash 77"),
      () => docs.getDocsByTrackId("track 77"),
      () => docs.getByIds(["doc-1", "doc-77"]),
    ]) {
      const seen = await looksAt(lookup);
      expect(seen.scans).not.toContain("Seq Scan");
      expect(seen.mostRows).toBeLessThanOrEqual(DOCUMENTS / 500);
    }
  });
});
