import type { RecordFault } from "./record-fault.ts";
import {
  FIELD_FAULTS,
  ID_FAULTS,
  type IdFault,
  JSON_FAULTS,
  mapValues,
  NUMBER_FAULTS,
  TEXT_FAULTS,
  type ValueFault,
} from "./value-faults.ts";

/** Records whose values are changed when they are written. */
function changing({ name, what, change }: ValueFault, caughtBy: string): RecordFault {
  return {
    name,
    what,
    caughtBy: [caughtBy],
    plant: (storage) => ({
      upsert: (records) =>
        storage.upsert(new Map([...records].map(([id, record]) => [id, mapValues(record, change)]))),
    }),
  };
}

/** Rows under folded ids, which `entries` gives as they were written last. */
function folding({ name, what, fold }: IdFault): RecordFault {
  return {
    name,
    what,
    caughtBy: ["hostile-ids"],
    plant(storage, options, place) {
      const written = place.state("written ids", options, () => new Map<string, string>());
      return {
        getByIds: (ids) => storage.getByIds(ids.map(fold)),
        async upsert(records) {
          for (const id of records.keys()) written.set(fold(id), id);
          await storage.upsert(new Map([...records].map(([id, record]) => [fold(id), record])));
        },
        delete: (ids) => storage.delete(ids.map(fold)),
        async *entries(batch) {
          for await (const [id, row] of storage.entries(batch)) yield [written.get(id) ?? id, row];
        },
      };
    },
  };
}

const OWN_ID_FAULTS: readonly RecordFault[] = [
  {
    name: "ids-as-properties",
    what: "records are kept in a plain object, where __proto__ is no key of its own",
    caughtBy: ["hostile-ids"],
    plant: (storage) => ({
      upsert: (records) => storage.upsert(new Map(Object.entries(asProperties(records)))),
    }),
  },
  {
    name: "inherited-ids",
    what: "ids that every object has a property of are said to exist",
    caughtBy: ["hostile-ids"],
    plant: (storage) => ({
      filterKeys: async (keys) => new Set(keys.filter((key) => !storage.rows.has(key) && !(key in {}))),
    }),
  },
  {
    name: "ids-as-patterns",
    what: "delete takes * and ? in an id for any characters",
    caughtBy: ["hostile-ids"],
    plant: (storage) => ({
      async getByIds(ids) {
        const found = await storage.getByIds(ids);
        return found.map((record, index) => (/[*?[]/.test(ids[index] ?? "") ? null : record));
      },
    }),
  },
  {
    name: "escapes-ids",
    what: "entries gives ids as they are escaped in the store",
    caughtBy: ["hostile-ids"],
    plant: (storage) => ({
      async *entries(batch) {
        for await (const [id, row] of storage.entries(batch)) yield [encodeURIComponent(id), row];
      },
    }),
  },
  {
    name: "counts-utf16-units",
    what: "an id of more than 255 UTF-16 units is refused, though it has fewer characters",
    caughtBy: ["hostile-ids"],
    plant: (storage) => ({
      async upsert(records) {
        for (const id of records.keys()) if (id.length > 255) throw new RangeError("value too long");
        await storage.upsert(records);
      },
    }),
  },
];

function asProperties<Row extends object>(records: ReadonlyMap<string, Row>): Record<string, Row> {
  const properties: Record<string, Row> = {};
  for (const [id, record] of records) properties[id] = record;
  return properties;
}

/** Faults in what becomes of ids and values. */
export const RECORD_VALUE_FAULTS: readonly RecordFault[] = [
  ...TEXT_FAULTS.map((fault) => changing(fault, "hostile-texts")),
  ...NUMBER_FAULTS.map((fault) => changing(fault, "numbers")),
  ...JSON_FAULTS.map((fault) => changing(fault, "any-json")),
  ...FIELD_FAULTS.map((fault) => changing(fault, "hostile-fields")),
  ...ID_FAULTS.map(folding),
  ...OWN_ID_FAULTS,
];
