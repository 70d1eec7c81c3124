import { Redis } from "ioredis";
import { afterEach, describe, expect } from "vitest";

import { SHARED_BACKENDS, type SharedPlace } from "../../src/backends.ts";
import { availableBackends } from "../available-backends.ts";
import { useTwoSides } from "../two-sides.ts";
import { hasLightRag } from "../use-lightrag.ts";
import { difference } from "./difference.ts";

const onRedis = <T extends { service?: string }>(backends: readonly T[]): T[] =>
  backends.filter(({ service }) => service === "redis");
const clients: Redis[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});

function look({ env }: SharedPlace): Redis {
  const client = new Redis(env?.["REDIS_URI"] ?? "");
  clients.push(client);
  return client;
}

const document = { status: "pending", content_summary: "", content_length: 0, file_path: "a.txt" } as const;
const times = { created_at: "2026-01-01T00:00:00+00:00", updated_at: "2026-01-01T00:00:00+00:00" };

for (const backend of onRedis(await availableBackends(SHARED_BACKENDS.KV_STORAGE))) {
  describe.skipIf(!hasLightRag)("RedisKVStorage", () => {
    const sides = useTwoSides(backend, { namespace: "full_docs" });

    difference("kv/redis-patterns", async () => {
      const place = await sides.newPlace();
      const python = await sides.python({ place, workspace: "v[1]" });
      await python.upsert({ a: { n: 1 } });
      expect(await python.isEmpty()).toBe(true);
      await python.drop();
      expect(await python.getById("a")).toMatchObject({ n: 1 });
      const tetrad = await sides.tetrad({ place, workspace: "v[1]" });
      expect(await tetrad.isEmpty()).toBe(false);
      await tetrad.drop();
      expect(await python.getById("a")).toBeNull();
      await tetrad.finalize();
    });

    difference("kv/redis-create-time", async () => {
      const place = await sides.newPlace();
      const [python, tetrad] = [await sides.python({ place }), await sides.tetrad({ place })];
      await python.upsert({ a: { n: 1 }, b: { n: 1 } });
      await python.upsert({ a: { n: 2 } });
      await tetrad.upsert({ b: { n: 2 } });
      expect(await python.getByIds(["a", "b"])).toMatchObject([
        { create_time: 0 },
        { create_time: expect.closeTo(Date.now() / 1000, -2) },
      ]);
      await tetrad.finalize();
    });
  });
}

for (const backend of onRedis(await availableBackends(SHARED_BACKENDS.DOC_STATUS_STORAGE))) {
  describe.skipIf(!hasLightRag)("RedisDocStatusStorage", () => {
    const sides = useTwoSides(backend, { namespace: "doc_status" });

    difference("doc-status/redis-odd-rows", async () => {
      const place = await sides.newPlace();
      const [python, tetrad] = [await sides.python({ place }), await sides.tetrad({ place })];
      await python.upsert({ a: { ...document, ...times }, b: { ...document, created_at: times.created_at } });
      expect(await python.getDocsPaginated()).toEqual({ docs: [], total: 0 });
      expect((await tetrad.getDocsPaginated()).docs.map(([id]) => id)).toEqual(["a", "b"]);
      await tetrad.finalize();
    });

    difference("doc-status/redis-damaged-index", async () => {
      const place = await sides.newPlace();
      const python = await sides.python({ place });
      await python.upsert({ a: { ...document, ...times } });
      await look(place).del("doc_status__sched:basename:a.txt");
      await python.finalize();
      const again = await sides.python({ place });
      expect(await again.getDocByFileBasename("a.txt")).toBeNull();
      const tetrad = await sides.tetrad({ place });
      expect(await tetrad.getDocByFileBasename("a.txt")).toMatchObject(["a", document]);
      expect(await again.getDocByFileBasename("a.txt")).toMatchObject(["a", document]);
      await tetrad.finalize();
    });
  });
}
