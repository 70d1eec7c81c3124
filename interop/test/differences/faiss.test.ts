import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { VectorRecord } from "@tetrad/core";
import { describe, expect } from "vitest";

import { SHARED_BACKENDS, type SharedPlace } from "../../src/backends.ts";
import { useTwoSides } from "../two-sides.ts";
import { hasLightRag } from "../use-lightrag.ts";
import { difference } from "./difference.ts";

const [, faiss] = SHARED_BACKENDS.VECTOR_STORAGE;
const options = { namespace: "relationships", metaFields: ["content"], cosineThreshold: 0.2 };
const RECORDS: Record<string, VectorRecord> = {
  a: { content: "one" },
  b: { content: "two" },
  c: { content: "three" },
};

const pathOf = ({ workingDir }: SharedPlace, end = ""): string =>
  join(workingDir, `faiss_index_relationships.index${end}`);

async function numbersIn(place: SharedPlace): Promise<Record<string, string>> {
  const rows = JSON.parse(await readFile(pathOf(place, ".meta.json"), "utf8")) as Record<
    string,
    { __id__: string }
  >;
  return Object.fromEntries(Object.entries(rows).map(([number, row]) => [row.__id__, number]));
}

describe.skipIf(!hasLightRag || faiss === undefined)("FaissVectorDBStorage", () => {
  const sides = useTwoSides(faiss ?? SHARED_BACKENDS.VECTOR_STORAGE[0], options);

  difference("faiss/damaged-files", async () => {
    const place = await sides.newPlace();
    const tetrad = await sides.tetrad({ place });
    await tetrad.upsert(RECORDS);
    await tetrad.finalize();
    const meta = await readFile(pathOf(place, ".meta.json"));
    await writeFile(pathOf(place, ".meta.json"), meta.subarray(0, meta.length - 20));
    const { size } = await stat(pathOf(place));
    await expect(sides.tetrad({ place })).rejects.toMatchObject({ code: "STORAGE_CORRUPTION" });
    expect((await stat(pathOf(place))).size).toBe(size);

    const python = await sides.python({ place });
    expect(await python.getByIds(["a", "b", "c"])).toEqual([null, null, null]);
    await python.indexDoneCallback();
    await python.finalize();
    expect((await stat(pathOf(place))).size).toBeLessThan(size);
  });

  difference("faiss/numbers-of-rows", async () => {
    const [ofPython, ofTetrad] = [await sides.newPlace(), await sides.newPlace()];
    for (const storage of [
      await sides.python({ place: ofPython }),
      await sides.tetrad({ place: ofTetrad }),
    ]) {
      await storage.upsert(RECORDS);
      await storage.indexDoneCallback();
      await storage.finalize();
    }
    for (const storage of [
      await sides.python({ place: ofPython }),
      await sides.tetrad({ place: ofTetrad }),
    ]) {
      await storage.delete(["a"]);
      await storage.indexDoneCallback();
      await storage.finalize();
    }
    expect(await numbersIn(ofPython)).toEqual({ b: "0", c: "1" });
    expect(await numbersIn(ofTetrad)).toEqual({ b: "1", c: "2" });
    const python = await sides.python({ place: ofTetrad });
    expect((await python.query("two", 3)).map(({ id }) => id)).toContain("b");
    expect(await python.getById("a")).toBeNull();
  });

  difference("faiss/top-k-zero", async () => {
    const python = await sides.python();
    const tetrad = await sides.tetrad({ place: await sides.newPlace() });
    for (const storage of [python, tetrad]) {
      await storage.upsert(RECORDS);
      await storage.indexDoneCallback();
    }
    await expect(python.query("one", 0)).rejects.toThrow();
    expect(await tetrad.query("one", 0)).toEqual([]);
    await tetrad.finalize();
  });
});
