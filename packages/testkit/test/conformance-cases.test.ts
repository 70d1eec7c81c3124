import { STORAGE_IMPLEMENTATIONS, type StorageType } from "@tetrad/core";
import {
  conformanceCases,
  type ConformanceRun,
  conformanceRuns,
  openReference,
  ReferencePlace,
} from "@tetrad/testkit";
import { describe, expect, test } from "vitest";

const PREFIXES: Readonly<Record<StorageType, string>> = {
  KV_STORAGE: "kv/",
  VECTOR_STORAGE: "vector/",
  GRAPH_STORAGE: "graph/",
  DOC_STATUS_STORAGE: "doc-status/",
};
const TYPES = Object.keys(STORAGE_IMPLEMENTATIONS) as StorageType[];

function runsOf(type: StorageType, options: Parameters<typeof conformanceRuns>[2] = {}): ConformanceRun[] {
  const place = new ReferencePlace();
  const target = {
    open: async (given: Parameters<typeof openReference>[2]) => openReference(type, place, given),
    reset: async () => place.clear(),
  };
  return conformanceRuns(type, target, options);
}

test("no two cases have one id", () => {
  const ids = TYPES.flatMap((type) => conformanceCases(type).map(({ id }) => id));
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
});

describe.each(TYPES)("the cases of %s", (type) => {
  test("have ids of their kind in plain letters", () => {
    for (const { id } of conformanceCases(type)) {
      expect(id.startsWith(PREFIXES[type])).toBe(true);
      expect(id).toMatch(/^[a-z-]+\/[a-z0-9-]+$/);
    }
  });

  test("have titles of their own", () => {
    const titles = conformanceCases(type).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  test("are run directly, and where it matters beside another workspace and reopened", () => {
    const runs = runsOf(type, { randomSequences: 0 });
    for (const { id, once = false, prepare } of conformanceCases(type)) {
      const variants = runs.filter((run) => run.id === id).map(({ variant }) => variant);
      const expected = once
        ? ["direct"]
        : ["direct", "beside", ...(prepare === undefined ? [] : ["reopened"])];
      expect(variants).toEqual(expected);
    }
  });

  test("are chosen by a filter, random sequences too", () => {
    const [prefix] = PREFIXES[type].split("/");
    const ids = (filter: string, randomSequences?: number): string[] =>
      runsOf(type, { filter, randomSequences }).map(({ id }) => id);
    expect(new Set(ids("/drop"))).toEqual(
      new Set([`${prefix}/drop`, `${prefix}/drop-is-durable`, `${prefix}/drop-keeps-other-namespaces`]),
    );
    expect(ids("random")).toEqual([`${prefix}/random-operations`]);
    expect(ids("random", 0)).toEqual([]);
  });
});
