import type { StorageRecord } from "@tetrad/core";
import { describe, expect } from "vitest";

import { SHARED_BACKENDS } from "../../src/backends.ts";
import { useTwoSides } from "../two-sides.ts";
import { hasLightRag } from "../use-lightrag.ts";
import { difference } from "./difference.ts";

const [json] = SHARED_BACKENDS.KV_STORAGE;

describe.skipIf(!hasLightRag)("JsonKVStorage", () => {
  const sides = useTwoSides(json, { namespace: "full_docs" });

  difference("kv/create-time", async () => {
    const python = await sides.python();
    await python.upsert({ a: { content: "first" } });
    await python.upsert({ a: { content: "second" } });
    expect(await python.getById("a")).toMatchObject({ create_time: 0 });
    const tetrad = await sides.tetrad({ place: await sides.newPlace() });
    await tetrad.upsert({ a: { content: "first", create_time: 1000 } });
    await tetrad.upsert({ a: { content: "second" } });
    expect(await tetrad.getById("a")).toMatchObject({ content: "second", create_time: 1000 });
    await tetrad.finalize();
  });

  difference("kv/uncommitted-writes", async () => {
    const python = await sides.python();
    await python.upsert({ a: { content: "lost" } });
    await python.finalize();
    const tetrad = await sides.tetrad();
    expect(await tetrad.isEmpty()).toBe(true);
    await tetrad.upsert({ a: { content: "kept" } });
    await tetrad.finalize();
    expect(await (await sides.python()).getById("a")).toMatchObject({ content: "kept" });
  });

  difference("kv/not-a-number", async () => {
    const python = await sides.python();
    await python.upsert({ a: { n: Number.NaN, list: [Number.POSITIVE_INFINITY] } });
    await python.indexDoneCallback();
    await python.finalize();
    const tetrad = await sides.tetrad();
    const row = await tetrad.getById("a");
    expect(row).toMatchObject({ n: Number.NaN, list: [Number.POSITIVE_INFINITY] });
    await expect(tetrad.upsert({ a: { n: Number.NaN } })).rejects.toMatchObject({ code: "INVALID_RECORD" });
    // Another record is written: Python's stays as it is.
    await tetrad.upsert({ b: { n: 1 } });
    await tetrad.finalize();
    expect(await (await sides.python()).getById("a")).toEqual(row);
  });

  difference("kv/cleaned-texts", async () => {
    const record: StorageRecord = { text: "NUL \0 and U+FFFE \uFFFE", half: "half \uD83D" };
    const python = await sides.python();
    await python.upsert({ a: { text: record["text"] ?? null } });
    await python.indexDoneCallback();
    await python.finalize();
    const tetrad = await sides.tetrad();
    expect(await tetrad.getById("a")).toMatchObject({ text: record["text"] });
    await tetrad.upsert({ b: record });
    expect(await tetrad.getById("b")).toMatchObject({ text: "NUL  and U+FFFE ", half: "half " });
    await tetrad.finalize();
  });

  difference("kv/ids", async () => {
    const long = "x".repeat(300);
    const python = await sides.python();
    await python.upsert({ [long]: { n: 2 } });
    await python.indexDoneCallback();
    await python.finalize();
    const tetrad = await sides.tetrad();
    // What LightRAG left can be read and deleted, and not be written again.
    expect(await tetrad.getById(long)).toMatchObject({ n: 2 });
    await expect(tetrad.upsert({ [long]: { n: 3 } })).rejects.toMatchObject({ code: "INVALID_RECORD" });
    await tetrad.delete([long]);
    await tetrad.finalize();
    expect(await (await sides.python()).isEmpty()).toBe(true);
  });
});
