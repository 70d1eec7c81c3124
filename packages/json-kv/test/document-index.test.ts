import { DOC_STATUSES, type DocSortField, type DocStatus, type DocStatusRecord } from "@tetrad/core";
import {
  compareByCreation,
  compareByField,
  isDuplicate,
  isDuplicateOf,
  selectDocumentPage,
} from "@tetrad/core/plugin";
import fc from "fast-check";
import { expect, test } from "vitest";

import type { DocumentEntry } from "../src/document-entry.js";
import { DocumentIndex } from "../src/document-index.js";
import type { OrderName } from "../src/document-order.js";
import { documentFileFormat } from "../src/json-doc-status-storage.js";
import { deleteOperation, mergeOperation, PUT, putOperations } from "../src/record-operations.js";
import { RecordTable } from "../src/record-table.js";
import type { RecordText } from "../src/record-text.js";
import { SortedEntries } from "../src/sorted-entries.js";

const FORMAT = documentFileFormat("doc_status");
const SORT_FIELDS: readonly DocSortField[] = ["created_at", "updated_at", "id", "file_path"];
const PATHS = ["x.txt", "y.txt", "Ｚ.txt", "😀.txt", ""];

/** Gives everything else its turn after each item. */
async function visitWithPauses<T>(items: Iterable<T>, visit: (item: T) => void): Promise<void> {
  for (const item of items) {
    visit(item);
    await Promise.resolve();
  }
}

class IndexedTable extends RecordTable {
  readonly documents = new DocumentIndex(() => this.entries(), visitWithPauses);

  protected override onChange(id: string, after: RecordText | undefined): void {
    this.documents.change(id, after);
  }

  get layers(): (typeof this.tables)[number] {
    return this.tables[0] as (typeof this.tables)[number];
  }
}

const ids = fc.constantFrom("a", "b", "c", "d", "Ｚ", "😀", "e", "f");
const times = fc.integer({ min: 0, max: 3 }).map((second) => `2026-01-01T00:00:0${second}.000000+00:00`);
const documents = fc.record(
  {
    status: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...DOC_STATUSES.slice(0, 3)) },
      { weight: 1, arbitrary: fc.constantFrom("done", null, 7) },
    ),
    created_at: fc.oneof(times, fc.constantFrom(null, "")),
    updated_at: fc.oneof(times, fc.constantFrom(null, "", 7)),
    file_path: fc.constantFrom(...PATHS, null),
    track_id: fc.constantFrom("t1", "t2", null),
    content_hash: fc.constantFrom("h1", "h2", null),
    metadata: fc.oneof(
      fc.constantFrom<unknown>({}, null, [], "text", { other: { is_duplicate: true } }),
      fc.record(
        { is_duplicate: fc.constantFrom<unknown>(true, false, 0, "yes", [], null), original_doc_id: ids },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: [] },
);

type Step = { readonly name: string; readonly run: (table: IndexedTable) => unknown };
const step = <T>(
  name: string,
  arbitrary: fc.Arbitrary<T>,
  run: (table: IndexedTable, value: T) => unknown,
): fc.Arbitrary<Step> =>
  arbitrary.map((value) => ({
    name: `${name}(${fc.stringify(value)})`,
    run: (table) => run(table, value),
    toString: () => `${name}(${fc.stringify(value)})`,
  }));

const apply = (table: IndexedTable, operations: readonly Parameters<typeof FORMAT.apply>[1][]): void => {
  for (const operation of operations)
    (FORMAT.apply as (table: RecordTable, operation: unknown) => void)(table, operation);
};
const nothing = fc.constant(undefined);
const orders = fc.constantFrom<OrderName | undefined>(undefined, "sweep", ...SORT_FIELDS);

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: step("put", fc.array(fc.tuple(ids, documents), { maxLength: 4 }), (table, rows) =>
        apply(table, putOperations(new Map(rows.map(([id, record]) => [id, { type: PUT, record }])))),
      ),
    },
    step("merge", fc.tuple(ids, documents), (table, [id, fields]) =>
      apply(table, [mergeOperation(id, fields)]),
    ),
    step("delete", ids, (table, id) => apply(table, [deleteOperation(id)])),
    step("begin", nothing, (table) => table.layers.beginLayer()),
    step("commit", nothing, (table) => table.layers.commitOldestLayer()),
    step("join", nothing, (table) => table.layers.mergeNewestLayers()),
    step("revert", nothing, (table) => table.layers.revertNewestLayer()),
    // Not waited for: what comes next happens while the index is being made.
    step("prepare", orders, (table, order) => void table.documents.prepare(order)),
    step("wait", fc.integer({ min: 1, max: 5 }), async (_, turns) => {
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    }),
  ),
  { maxLength: 40, size: "max" },
);

async function prepareAll(table: IndexedTable): Promise<void> {
  for (const order of ["sweep", ...SORT_FIELDS] as const) {
    for (
      let preparing = table.documents.prepare(order);
      preparing !== undefined;
      preparing = table.documents.prepare(order)
    )
      await preparing;
  }
}

type Listed = [id: string, document: DocStatusRecord];
const idsOf = (entries: Iterable<DocumentEntry>): string[] => Array.from(entries, ({ id }) => id);
const earliest = (found: Listed[]): string | undefined => found.sort(compareByCreation)[0]?.[0];

/** Holds every answer of the index against one that looks at every document. */
function checkAnswers(table: IndexedTable): void {
  const { documents } = table;
  const all = Array.from(table.entries(), ([id, row]) => [id, row.parse()] as Listed);
  const where = (condition: (document: DocStatusRecord, id: string) => boolean): Listed[] =>
    all.filter(([id, document]) => condition(document, id));
  const inPlace = (entries: DocumentEntry[]): string[] =>
    idsOf(entries).sort((a, b) => table.comparePlaces(a, b));

  for (const statuses of [
    [],
    ["pending"],
    ["failed"],
    ["pending", "analyzing", "parsing"],
  ] as DocStatus[][]) {
    const wanted = where(({ status }) => statuses.length === 0 || statuses.includes(status));
    expect(documents.count(statuses)).toBe(wanted.length);
    for (const field of SORT_FIELDS) {
      for (const direction of ["asc", "desc"] as const) {
        const sorted = wanted.toSorted(compareByField(field, direction)).map(([id]) => id);
        for (const rank of [0, 1, 3])
          expect(idsOf(documents.order(field).from(statuses, rank, direction))).toEqual(sorted.slice(rank));
      }
    }
    if (statuses.length === 0) continue;
    expect(inPlace(documents.withStatuses(statuses))).toEqual(wanted.map(([id]) => id));
    const limit = all.length + 1;
    const inSweep = selectDocumentPage(all, statuses, { limit, position: null }).ids;
    expect(idsOf(documents.order("sweep").sweep(statuses, null))).toEqual(inSweep);
    for (const [id, { created_at }] of all) {
      const position = { createdAt: created_at ?? "", id };
      const { ids } = selectDocumentPage(all, statuses, {
        limit,
        position: JSON.stringify([position.createdAt, id]),
      });
      expect(idsOf(documents.order("sweep").sweep(statuses, position))).toEqual(ids);
    }
  }
  for (const trackId of ["t1", "t2", "t3"]) {
    const expected = where(({ track_id }) => track_id === trackId).map(([id]) => id);
    expect(inPlace(documents.withTrackId(trackId))).toEqual(expected);
  }
  for (const path of PATHS) {
    expect(documents.earliestWithPath(path, () => true)?.id).toBe(
      earliest(where(({ file_path }) => file_path === path)),
    );
    expect(documents.earliestWithPath(path, (entry) => !entry.isDuplicate)?.id).toBe(
      earliest(where((document) => document.file_path === path && !isDuplicate(document))),
    );
  }
  for (const original of ["a", "b"]) {
    const found = documents.earliestWithContentHash(
      "h1",
      ({ isDuplicate, originalId }) => !(isDuplicate && originalId === original),
    );
    expect(found?.id).toBe(
      earliest(where((document) => document.content_hash === "h1" && !isDuplicateOf(document, original))),
    );
  }
}

test("the index answers as if it looked at every document, whatever happens while it is made and later", async () => {
  await fc.assert(
    fc.asyncProperty(steps, steps, async (before, after) => {
      const table = new IndexedTable("kv_store_doc_status.json");
      for (const { run } of before) await run(table);
      await prepareAll(table);
      checkAnswers(table);
      for (const { run } of after) await run(table);
      checkAnswers(table);
    }),
    { numRuns: 150 },
  );
});

test("sorted entries are those of a sorted list, however many there are", () => {
  const compare = (a: number, b: number): number => a - b;
  const random = fc.array(fc.tuple(fc.nat({ max: 3000 }), fc.boolean()), {
    minLength: 1500,
    maxLength: 4000,
  });
  fc.assert(
    fc.property(random, fc.constantFrom(1, 3), (changes, spread) => {
      const entries = new SortedEntries(compare);
      const model = new Set<number>();
      for (const [index, [value, isAdded]] of changes.entries()) {
        const entry = spread === 1 ? index : value;
        if (isAdded || spread === 1) entries.add(entry);
        else entries.delete(entry);
        if (isAdded || spread === 1) model.add(entry);
        else model.delete(entry);
      }
      const sorted = [...model].sort(compare);
      expect(entries.size).toBe(sorted.length);
      expect([...entries.from(0, "asc")]).toEqual(sorted);
      expect([...entries.from(700, "desc")]).toEqual(sorted.toReversed().slice(700));
      expect(entries.rankOfFirst((entry) => entry > 1000)).toBe(
        sorted.filter((entry) => entry <= 1000).length,
      );
    }),
    { numRuns: 10 },
  );
});
