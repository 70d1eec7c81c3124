import type { DocStatusInput } from "@tetrad/core";
import { Redis } from "ioredis";
import { afterEach, describe, expect, test } from "vitest";

import { SHARED_BACKENDS } from "../src/backends.ts";
import type { SharedPlace } from "../src/backends.ts";
import { availableBackends } from "./available-backends.ts";
import { useTwoSides } from "./two-sides.ts";
import { hasLightRag } from "./use-lightrag.ts";

const TIME = "2026-01-01T00:00:00.000000+00:00";

function document(fields: Partial<DocStatusInput> = {}): DocStatusInput {
  return {
    status: "pending",
    content_summary: "about it",
    content_length: 8,
    file_path: "a.txt",
    created_at: TIME,
    updated_at: TIME,
    ...fields,
  };
}

const clients: Redis[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});

function look({ env }: SharedPlace): Redis {
  const client = new Redis(env?.["REDIS_URI"] ?? "");
  clients.push(client);
  return client;
}

async function dump(client: Redis): Promise<Record<string, unknown>> {
  const content: Record<string, unknown> = {};
  for (const key of (await client.keys("*")).sort()) {
    const type = await client.type(key);
    if (type === "string") content[key] = JSON.parse((await client.get(key)) ?? "") as unknown;
    else
      content[key] = (
        type === "zset" ? await client.zrange(key, 0, "-1") : await client.smembers(key)
      ).sort();
  }
  return content;
}

for (const backend of (await availableBackends(SHARED_BACKENDS.DOC_STATUS_STORAGE)).filter(
  ({ service }) => service === "redis",
)) {
  describe.skipIf(!hasLightRag)("RedisDocStatusStorage, open in Python and in Tetrad", () => {
    const sides = useTwoSides(backend, { namespace: "doc_status", workspace: "w" });

    test("both write one document at once, and no change is lost", async () => {
      const place = await sides.newPlace();
      const [python, tetrad] = [await sides.python({ place }), await sides.tetrad({ place })];
      await tetrad.upsert({ a: document() });
      const turns = Array.from({ length: 40 }, (_, index) => index);
      await Promise.all([
        ...turns.map(async (index) => python.updateDocStatusFields("a", { [`python ${index}`]: index })),
        ...turns.map(async (index) =>
          tetrad.updateDocStatusFields("a", {
            [`tetrad ${index}`]: index,
            status: index % 2 === 0 ? "failed" : "parsing",
          }),
        ),
      ]);
      const row = await tetrad.getById("a");
      for (const index of turns)
        expect(row).toMatchObject({ [`python ${index}`]: index, [`tetrad ${index}`]: index });
      expect(await python.getStatusCounts()).toEqual(await tetrad.getStatusCounts());
      expect(await look(place).zrange(`w_doc_status__sched:status:${row?.status}`, 0, "-1")).toEqual([
        `${TIME}|a`,
      ]);
      await tetrad.finalize();
    });

    test("the same writes leave the same keys and values, whoever makes them", async () => {
      const [ofPython, ofTetrad] = [await sides.newPlace(), await sides.newPlace()];
      const [python, tetrad] = [
        await sides.python({ place: ofPython }),
        await sides.tetrad({ place: ofTetrad }),
      ];
      for (const storage of [python, tetrad]) {
        await storage.upsert({
          "doc-1": document({ chunks_list: [], metadata: {} }),
          "d|2 😀": document({
            status: "failed",
            file_path: "中文 b.md",
            chunks_list: ["c"],
            metadata: { n: 1.5 },
          }),
          dup: document({ chunks_list: [], metadata: { is_duplicate: true, original_doc_id: "doc-1" } }),
          gone: document({ chunks_list: [], metadata: {} }),
        });
        await storage.updateDocStatusFields("doc-1", { status: "processed", file_path: "unknown_source" });
        await storage.delete(["gone"]);
      }
      expect(await dump(look(ofTetrad))).toEqual(await dump(look(ofPython)));
      await tetrad.finalize();
    });

    test("without an index, both make the same one", async () => {
      const places = [await sides.newPlace(), await sides.newPlace()];
      const seen: Record<string, unknown>[] = [];
      for (const [index, place] of places.entries()) {
        const first = await sides.tetrad({ place });
        await first.upsert({
          a: document({ metadata: {} }),
          b: document({ status: "failed", file_path: "b.txt", metadata: {} }),
          c: document({ metadata: { is_duplicate: true } }),
        });
        await first.finalize();
        const client = look(place);
        const whole = await dump(client);
        await client.del(await client.keys("w_doc_status__sched:*"));
        const again = index === 0 ? await sides.python({ place }) : await sides.tetrad({ place });
        expect(await dump(client)).toEqual(whole);
        await again.finalize();
        seen.push(whole);
      }
      expect(seen[0]).toEqual(seen[1]);
    });
  });
}
