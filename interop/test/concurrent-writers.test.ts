import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { createStorage, type StorageType } from "@tetrad/core";
import { TestEmbedding } from "@tetrad/testkit";
import { afterEach, describe, expect, test } from "vitest";

import { SHARED_BACKENDS, type SharedBackend, type SharedPlace } from "../src/backends.ts";
import type { SharedContracts } from "../src/shared-contracts.ts";
import { DIMENSION, type SideOptions } from "../src/sides.ts";
import { useTwoSides } from "./two-sides.ts";
import { hasLightRag } from "./use-lightrag.ts";

/** How the rows of one kind of storage are written and found. */
interface Rows<Type extends StorageType> {
  readonly options: SideOptions;
  readonly file: string;
  put(storage: SharedContracts[Type], id: string): Promise<unknown>;
  /** Those of the ids that are there. */
  find(storage: SharedContracts[Type], ids: readonly string[]): Promise<string[]>;
}

/** Python, and Tetrad in this process, both open and writing by turns. */
function describeWriters<Type extends StorageType>(backend: SharedBackend<Type>, rows: Rows<Type>): void {
  describe.skipIf(!hasLightRag)(`${backend.name}, open in Python and in Tetrad`, () => {
    const sides = useTwoSides(backend, rows.options);
    const close: (() => Promise<void>)[] = [];
    let warnings: string[] = [];
    afterEach(async () => {
      for (const each of close.splice(0)) await each();
      warnings = [];
    });

    async function openTetrad({ workingDir }: SharedPlace): Promise<SharedContracts[Type]> {
      const storage = await createStorage(backend.type, backend.name, {
        ...rows.options,
        workspace: "",
        workingDir,
        env: {},
        embedding: new TestEmbedding(DIMENSION),
        resolveFrom: import.meta.url,
        logger: { debug() {}, info() {}, error() {}, warn: (message) => void warnings.push(message) },
      });
      close.push(() => storage.finalize());
      return storage as SharedContracts[StorageType] as SharedContracts[Type];
    }

    async function write(storage: SharedContracts[Type], id: string): Promise<void> {
      await rows.put(storage, id);
      await storage.indexDoneCallback();
    }

    const all = ["python 1", "python 2", "python 3", "tetrad 1", "tetrad 2", "tetrad 3", "tetrad 4"];

    test("what Tetrad committed and Python could not know is merged into Python's file", async () => {
      const place = await sides.newPlace();
      const tetrad = await openTetrad(place);
      await write(tetrad, "tetrad 1");
      const python = await sides.python({ place });
      await write(python, "python 1");
      await write(python, "python 2");
      await write(tetrad, "tetrad 2");
      const merged = ["python 1", "python 2", "tetrad 1", "tetrad 2"];
      expect(await rows.find(tetrad, all)).toEqual(merged);
      await python.finalize();
      const again = await sides.python({ place });
      expect(await rows.find(again, all)).toEqual(merged);
      await write(again, "python 3");
      await write(tetrad, "tetrad 3");
      await tetrad.finalize();
      await again.finalize();
      const after = ["python 1", "python 2", "python 3", "tetrad 1", "tetrad 2", "tetrad 3"];
      const last = await sides.python({ place });
      expect(await rows.find(last, all)).toEqual(after);
      expect(await rows.find(await openTetrad(place), all)).toEqual(after);
    });

    test("what Tetrad published after Python had read the file is lost with Python's next commit, and counted in a warning", async () => {
      const place = await sides.newPlace();
      const python = await sides.python({ place });
      await write(python, "python 1");
      const tetrad = await openTetrad(place);
      await write(tetrad, "tetrad 1");
      // It was in no file yet.
      await write(python, "python 2");
      await write(tetrad, "tetrad 2");
      expect(await rows.find(tetrad, all)).toEqual(["python 1", "python 2", "tetrad 1", "tetrad 2"]);
      // Python does not know of the file that holds both, and replaces it.
      await write(python, "python 3");
      expect(await readFile(join(place.workingDir, rows.file), "utf8")).not.toContain("tetrad");
      warnings = [];
      await write(tetrad, "tetrad 3");
      const found = await rows.find(tetrad, all);
      expect(found).toEqual(expect.arrayContaining(["python 1", "python 2", "python 3", "tetrad 3"]));
      const lost = 4 - found.filter((id) => id !== "python 3" && id !== "tetrad 3").length;
      expect([lost, warnings]).toEqual([
        2,
        [
          expect.stringMatching(
            /was changed by another program; .*; 2 rows that it held before are not in it/,
          ),
        ],
      ]);
      // From here on it is as it was at first: what only the journal has is merged.
      await write(python, "python 1");
      await write(tetrad, "tetrad 4");
      const after = ["python 1", "python 2", "python 3", "tetrad 3", "tetrad 4"];
      expect(await rows.find(tetrad, all)).toEqual(after);
      await tetrad.finalize();
      await python.finalize();
      expect(await rows.find(await sides.python({ place }), all)).toEqual(after);
    });
  });
}

const filter = async (
  ids: readonly string[],
  found: Promise<readonly (object | null)[]>,
): Promise<string[]> => {
  const records = await found;
  return ids.filter((_, index) => records[index] !== null);
};

describeWriters(SHARED_BACKENDS.KV_STORAGE[0], {
  options: { namespace: "full_docs" },
  file: "kv_store_full_docs.json",
  put: (storage, id) => storage.upsert({ [id]: { content: `of ${id}` } }),
  find: (storage, ids) => filter(ids, storage.getByIds(ids)),
});

describeWriters(SHARED_BACKENDS.VECTOR_STORAGE[0], {
  options: { namespace: "chunks", metaFields: ["content"] },
  file: "vdb_chunks.json",
  put: (storage, id) => storage.upsert({ [id]: { content: `of ${id}` } }),
  find: (storage, ids) => filter(ids, storage.getByIds(ids)),
});

describeWriters(SHARED_BACKENDS.GRAPH_STORAGE[0], {
  options: { namespace: "chunk_entity_relation" },
  file: "graph_chunk_entity_relation.graphml",
  put: (storage, id) => storage.upsertNode(id, { entity_id: id, description: `of ${id}` }),
  find: async (storage, ids) => {
    const found = await storage.hasNodesBatch(ids);
    return ids.filter((id) => found.has(id));
  },
});
