import type { StoredVectorRecord, VectorMatch, VectorRecord } from "@tetrad/core";
import { computeMdhashId } from "@tetrad/core";
import { HOSTILE_IDS, HOSTILE_TEXTS } from "@tetrad/testkit";
import fc from "fast-check";
import { expect } from "vitest";

import { SHARED_BACKENDS } from "../src/backends.ts";
import { expectSameMatches } from "./same-matches.ts";
import { describeSharedData } from "./shared-data-tests.ts";
import { operation, type SharedKind, type SharedOperation } from "./shared-kind.ts";

const NAMES = ["Alice", "Bob", "it's", "漢字", "<SEP>"];
const IDS = ["a", "b", "c", "10", "9", "漢字", "😀", computeMdhashId("Alice", "ent-")];
const ALL_IDS = [...new Set([...IDS, ...HOSTILE_IDS, "absent"])];
/** What LightRAG keeps of a relation. */
const META_FIELDS = ["src_id", "tgt_id", "source_id", "content", "file_path"];
const QUERIES = ["of a", "one", "two", "漢字", "nothing like it"];

/** Half precision keeps 11 bits; LightRAG gives vectors in it. */
const HALF_PRECISION = 2 ** -10;

interface Seen {
  readonly rows: readonly (StoredVectorRecord | null)[];
  readonly single: readonly (StoredVectorRecord | null)[];
  readonly vectors: ReadonlyMap<string, Float32Array>;
  readonly matches: readonly (readonly VectorMatch[])[];
}

function relation(content: string, fields: Partial<VectorRecord> = {}): VectorRecord {
  return { src_id: "Alice", tgt_id: "Bob", source_id: "chunk-1", file_path: "a.txt", ...fields, content };
}

const records = fc
  .record({
    content: fc.constantFrom("one", "two", "three", "漢字", "", ...HOSTILE_TEXTS.slice(0, 20)),
    src_id: fc.constantFrom(...NAMES),
    tgt_id: fc.constantFrom(...NAMES),
    file_path: fc.constantFrom(...HOSTILE_TEXTS.slice(0, 30)),
    weight: fc.integer(),
  })
  .map(({ content, ...fields }) => relation(content, fields));

const ids = fc.constantFrom(...IDS);
const none = fc.constant(undefined);

const operations = fc.oneof<fc.WeightedArbitrary<SharedOperation<"VECTOR_STORAGE">>[]>(
  {
    weight: 4,
    arbitrary: operation(
      "upsert",
      fc.array(fc.tuple(ids, records), { minLength: 1, maxLength: 4 }),
      async (storage, pairs) => storage.upsert(pairs),
    ),
  },
  {
    weight: 1,
    arbitrary: operation("delete", fc.array(ids, { minLength: 1, maxLength: 3 }), async (storage, list) =>
      storage.delete(list),
    ),
  },
  {
    weight: 1,
    // After a commit, since LightRAG takes a pending row back to its committed version.
    arbitrary: operation(
      "commit and deleteEntityRelation",
      fc.constantFrom(...NAMES),
      async (storage, name) => {
        await storage.indexDoneCallback();
        await storage.deleteEntityRelation(name);
      },
    ),
  },
  {
    weight: 1,
    arbitrary: operation("deleteEntity", fc.constant("Alice"), async (storage, name) =>
      storage.deleteEntity(name),
    ),
  },
  {
    weight: 1,
    arbitrary: operation("indexDoneCallback", none, async (storage) => storage.indexDoneCallback()),
  },
  {
    weight: 1,
    // After a commit, since deletes by relation are pending with us, and done at once in LightRAG.
    arbitrary: operation(
      "commit and give up upsert and delete",
      fc.tuple(ids, records, ids),
      async (storage, [written, record, deleted]) => {
        await storage.indexDoneCallback();
        await storage.upsert({ [written]: record });
        await storage.delete([deleted]);
        await storage.dropPendingIndexOps();
      },
    ),
  },
);

const vectorKind: SharedKind<"VECTOR_STORAGE", Seen> = {
  options: { namespace: "relationships", metaFields: META_FIELDS, cosineThreshold: 0.2 },
  turns: [
    async (storage) => {
      await storage.upsert(HOSTILE_IDS.map((id) => [id, relation(`of ${id}`)]));
      await storage.upsert(
        HOSTILE_TEXTS.map((text, index) => [`text ${index}`, relation(text, { file_path: text })]),
      );
      await storage.upsert({ a: relation("one"), b: relation("two", { tgt_id: "漢字" }) });
    },
    async (storage) => {
      await storage.upsert({ a: relation("two"), c: relation("three", { src_id: "it's" }) });
      await storage.delete(["__proto__", "absent"]);
      await storage.deleteEntityRelation("漢字");
    },
    async (storage) => {
      await storage.upsert({
        [computeMdhashId("Alice", "ent-")]: relation("Alice"),
        __proto__x: relation("like a prototype"),
        b: relation("two"),
      });
    },
    async (storage) => {
      await storage.deleteEntity("Alice");
      await storage.deleteEntityRelation("it's");
      await storage.delete(HOSTILE_IDS);
    },
    async (storage) => storage.deleteEntityRelation("Alice"),
    async (storage) => storage.upsert({ a: relation("one") }),
  ],
  operations,
  async observe(storage) {
    return {
      rows: await storage.getByIds(ALL_IDS),
      single: await Promise.all(IDS.map(async (id) => storage.getById(id))),
      vectors: await storage.getVectorsByIds(ALL_IDS),
      matches: await Promise.all(
        QUERIES.flatMap((query) => [3, 1000].map(async (topK) => storage.query(query, topK))),
      ),
    };
  },
  expectSame(tetrad, python) {
    expect(tetrad.rows).toEqual(python.rows);
    expect(tetrad.single).toEqual(python.single);
    expectSameVectors(tetrad.vectors, python.vectors);
    for (const [index, matches] of tetrad.matches.entries()) {
      expectSameMatches(matches, python.matches[index] ?? []);
    }
  },
  withoutStamps: (seen) => ({
    ...seen,
    rows: seen.rows.map(withoutTime),
    single: seen.single.map(withoutTime),
    matches: seen.matches.map((matches) => matches.map((match) => ({ ...match, created_at: 0 }))),
  }),
};

function withoutTime(row: StoredVectorRecord | null): StoredVectorRecord | null {
  return row === null ? null : { ...row, created_at: 0 };
}

/** Same directions: LightRAG gives them with the model's length, in half precision. */
function expectSameVectors(
  tetrad: ReadonlyMap<string, Float32Array>,
  python: ReadonlyMap<string, Float32Array>,
): void {
  expect([...tetrad.keys()].sort()).toEqual([...python.keys()].sort());
  for (const [id, vector] of tetrad) {
    const given = python.get(id) ?? new Float32Array();
    const length = Math.hypot(...given);
    for (const [index, component] of vector.entries()) {
      const difference = Math.abs(component - (given[index] ?? Number.NaN) / length);
      expect(difference, `component ${index} of ${id}`).toBeLessThan(HALF_PRECISION);
    }
  }
}

for (const backend of SHARED_BACKENDS.VECTOR_STORAGE) describeSharedData(backend, vectorKind);
