import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { TestEmbedding } from "@tetrad/testkit";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";

import { LightRagError, LightRagProcess } from "../src/lightrag-process.ts";
import type { LightRagOptions } from "../src/lightrag.ts";
import { hasLightRag, useLightRag } from "./use-lightrag.ts";

const DIMENSION = 20;

let workingDir: string;
beforeEach(async () => {
  workingDir = await mkdtemp(join(tmpdir(), "tetrad-interop-"));
});
afterEach(async () => rm(workingDir, { recursive: true, force: true }));

function options(fields: Partial<LightRagOptions> = {}): LightRagOptions {
  return { namespace: "full_docs", workspace: "", workingDir, dimension: DIMENSION, ...fields };
}

describe.skipIf(!hasLightRag)("Python LightRAG in the loop", () => {
  const lightRag = useLightRag();

  test("is the release that the tests are written for", async () => {
    expect(await lightRag().version()).toBe("1.5.7");
  });

  test("keeps values on their way there and back", async () => {
    const record = {
      text: "quotes \" ' \\ newline \n U+2028 \u2028 emoji 😀 lone \uD800",
      integer: 12_345_678_901_234_567_890n,
      small: 1e-7,
      large: 1e300,
      nan: Number.NaN,
      infinite: Number.NEGATIVE_INFINITY,
      nothing: null,
      flags: [true, false],
      $set: ["not a tag"],
      nested: { "10": 1, "9": { $map: 2 } },
    };
    const storage = await lightRag().open("KV_STORAGE", "JsonKVStorage", options());
    await storage.upsert([["a", record]]);
    const { _id, create_time: created, update_time: updated, ...kept } = (await storage.getById("a")) ?? {};
    expect(kept).toEqual(record);
    expect(_id).toBe("a");
    expect(created).toBe(updated);
    await storage.finalize();
  });

  test("has the same embedding", async () => {
    const embedding = new TestEmbedding(DIMENSION);
    const storage = await lightRag().open("VECTOR_STORAGE", "NanoVectorDBStorage", {
      ...options({ namespace: "chunks" }),
      metaFields: ["content"],
      cosineThreshold: -1,
    });
    const texts = ["one", "zwei 漢字 😀", ""];
    await storage.upsert(texts.map((content, index) => [`${index}`, { content }] as const));
    await storage.indexDoneCallback();
    for (const [index, text] of texts.entries()) {
      const [hit] = await storage.query("", 1, { queryEmbedding: embedding.vectorOf(text) });
      expect(hit).toMatchObject({ id: `${index}`, content: text });
      expect(hit?.distance).toBeCloseTo(1, 6);
    }
    await storage.finalize();
  });

  test("tells what Python raised, and goes on", async () => {
    const storage = await lightRag().open("KV_STORAGE", "JsonKVStorage", options());
    const failure: unknown = await storage.call("no_such_method").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LightRagError);
    expect(failure).toMatchObject({ type: "AttributeError" });
    await expect(storage.call("_load")).rejects.toThrow("is not public");
    expect(await storage.isEmpty()).toBe(true);
    await storage.finalize();
  });

  test("forgets what its storages shared when the last one is closed", async () => {
    const first = await lightRag().open("KV_STORAGE", "JsonKVStorage", options());
    await first.upsert({ a: { content: "not committed" } });
    await expect(
      lightRag().open("KV_STORAGE", "JsonKVStorage", options({ workingDir: `${workingDir}-b` })),
    ).rejects.toThrow("are still open");
    await first.finalize();
    expect(existsSync(`${workingDir}-b`)).toBe(false);
    const second = await lightRag().open("KV_STORAGE", "JsonKVStorage", options());
    expect(await second.getById("a")).toBeNull();
    await second.finalize();
  });

  test("a process that ends rejects what it was and what it is asked", async () => {
    const missing = new LightRagProcess("python-that-is-not-there");
    await expect(missing.request("version", {})).rejects.toThrow("cannot be started");
    await missing.stop();
    const killed = new LightRagProcess(inject("lightRagPython") ?? "");
    const asked = killed.request("version", {});
    killed.kill();
    await expect(asked).rejects.toThrow("ended with SIGKILL");
    await expect(killed.request("version", {})).rejects.toThrow("ended with SIGKILL");
    await killed.stop();
  });
});
