import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { inflateSync } from "node:zlib";

import type { StorageType } from "@tetrad/core";
import { parseJson } from "@tetrad/core/plugin";
import { HOSTILE_IDS, HOSTILE_TEXTS } from "@tetrad/testkit";
import { describe, expect, test } from "vitest";

import { SHARED_BACKENDS } from "../src/backends.ts";
import type { SharedContracts } from "../src/shared-contracts.ts";
import { type TwoSides, useTwoSides } from "./two-sides.ts";
import { hasLightRag } from "./use-lightrag.ts";

/** Python and Tetrad write the same on places of their own. @returns the two files */
async function writeBoth<Type extends StorageType>(
  sides: TwoSides<Type>,
  file: string,
  write: (storage: SharedContracts[Type]) => Promise<void>,
): Promise<{ python: string; tetrad: string }> {
  const [ofPython, ofTetrad] = [await sides.newPlace(), await sides.newPlace()];
  const python: SharedContracts[StorageType] = await sides.python({ place: ofPython });
  const tetrad: SharedContracts[StorageType] = await sides.tetrad({ place: ofTetrad });
  for (const storage of [python, tetrad]) {
    await write(storage as SharedContracts[Type]);
    await storage.indexDoneCallback();
    await storage.finalize();
  }
  return {
    python: await readFile(join(ofPython.workingDir, file), "utf8"),
    tetrad: await readFile(join(ofTetrad.workingDir, file), "utf8"),
  };
}

/** Times of writes, which differ by when each side wrote. */
const STAMPS = /"(create_time|update_time|__created_at__|__write_seq__)": \d+/g;

function withoutStamps(file: string): string {
  return file.replaceAll(STAMPS, '"$1": 0');
}

describe.skipIf(!hasLightRag)("what Tetrad writes is what Python writes, to the byte", () => {
  describe("kv_store_*.json", () => {
    const sides = useTwoSides(SHARED_BACKENDS.KV_STORAGE[0], { namespace: "full_docs" });

    test("but for the times", async () => {
      const { python, tetrad } = await writeBoth(sides, "kv_store_full_docs.json", async (storage) => {
        await storage.upsert(HOSTILE_IDS.map((id) => [id, { content: `of ${id}`, empty: {}, none: [] }]));
        await storage.upsert({
          texts: { list: HOSTILE_TEXTS, nested: [[1, [{ a: null }]], true, -0.5, 2n ** 70n, -0] },
        });
        await storage.delete(["constructor"]);
      });
      expect(withoutStamps(tetrad)).toBe(withoutStamps(python));
    });

    test("a store without records too", async () => {
      const { python, tetrad } = await writeBoth(sides, "kv_store_full_docs.json", async (storage) => {
        await storage.upsert({ a: { n: 1 } });
        await storage.delete(["a"]);
      });
      expect(tetrad).toBe(python);
    });
  });

  describe("kv_store_doc_status.json", () => {
    const sides = useTwoSides(SHARED_BACKENDS.DOC_STATUS_STORAGE[0], { namespace: "doc_status" });

    test("to the last byte", async () => {
      const { python, tetrad } = await writeBoth(sides, "kv_store_doc_status.json", async (storage) => {
        await storage.upsert(
          HOSTILE_IDS.map((id) => [
            id,
            {
              status: "processed",
              content_summary: `about ${id}`,
              content_length: 10,
              created_at: "2026-01-01T00:00:00.000001+00:00",
              updated_at: "2026-01-01T00:00:00.000002+00:00",
              file_path: `${id}.txt`,
              metadata: { texts: [id] },
              chunks_list: ["a", "b"],
            },
          ]),
        );
      });
      expect(tetrad).toBe(python);
    });
  });

  describe("graph_*.graphml", () => {
    const sides = useTwoSides(SHARED_BACKENDS.GRAPH_STORAGE[0], { namespace: "chunk_entity_relation" }, [
      "lxml",
    ]);

    test("to the last byte", async () => {
      const file = "graph_chunk_entity_relation.graphml";
      const { python, tetrad } = await writeBoth(sides, file, async (storage) => {
        await storage.upsertNodesBatch(
          HOSTILE_IDS.filter((id) => !id.includes("\r")).map((id, index) => [
            id,
            { entity_id: id, description: `<about> & "${id}"`, created_at: index, even: index % 2 === 0 },
          ]),
        );
        await storage.upsertNode("漢字", { entity_id: "漢字", half: 0.5, truncate: "" });
        await storage.upsertEdge("漢字", "__proto__", { weight: 1, description: "a", created_at: 1 });
        await storage.upsertEdge("10", "漢字", { weight: 2.5, keywords: "b,c", truncate: "" });
        await storage.upsertEdge("10", "10", { weight: 1e22 });
      });
      expect(tetrad).toBe(python);
    });
  });

  describe("vdb_*.json", () => {
    const sides = useTwoSides(SHARED_BACKENDS.VECTOR_STORAGE[0], {
      namespace: "chunks",
      metaFields: ["content", "file_path"],
    });

    interface VectorFile {
      readonly data: readonly (Record<string, unknown> & { readonly vector: string })[];
      readonly matrix: string;
    }

    test("but for the times, how vectors are compressed, and the last bit of their components", async () => {
      const written = await writeBoth(sides, "vdb_chunks.json", async (storage) => {
        await storage.upsert(HOSTILE_IDS.map((id) => [id, { content: `of ${id}`, file_path: id }]));
        await storage.upsert({ last: { content: "last", file_path: "last.txt" } });
      });
      const withoutVectors = (file: string): string =>
        withoutStamps(file).replaceAll(/"(vector|matrix)": "[^"]*"/g, '"$1": ""');
      expect(withoutVectors(written.tetrad)).toBe(withoutVectors(written.python));
      const [tetrad, python] = [written.tetrad, written.python].map((file) => parseJson(file) as VectorFile);
      const halves = (file: VectorFile | undefined): Buffer[] | undefined =>
        file?.data.map(({ vector }) => inflateSync(Buffer.from(vector, "base64")));
      expect(halves(tetrad)).toEqual(halves(python));
      expectSameComponents(componentsOf(tetrad?.matrix ?? ""), componentsOf(python?.matrix ?? ""));
    });
  });
});

function componentsOf(matrix: string): Float32Array {
  const bytes = Buffer.from(matrix, "base64");
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** One unit in the last place of components below 1. */
const LAST_BIT = 2 ** -23;

function expectSameComponents(tetrad: Float32Array, python: Float32Array): void {
  expect(tetrad.length).toBe(python.length);
  const apart = tetrad.filter((component, index) => Math.abs(component - (python[index] ?? 0)) > LAST_BIT);
  expect([...apart]).toEqual([]);
}
