import type { StorageType } from "@tetrad/core";
import { type CaseVariant, conformanceCases, type ConformanceResult, runConformance } from "@tetrad/testkit";
import { beforeAll, describe, expect, test } from "vitest";

import { FOUND_AT_RANDOM } from "./mutants/found-at-random.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { MUTANTS } from "./mutants/mutants.ts";
import { runCases, targetOf } from "./run-mutant.ts";

const TYPES = ["KV_STORAGE", "VECTOR_STORAGE", "GRAPH_STORAGE", "DOC_STATUS_STORAGE"] as const;

/** By mutant, the runs that failed of the cases that have to. */
const failures = new Map<string, ConformanceResult[]>();

beforeAll(async () => {
  // Side by side, so that mutants that hang do not add up.
  await Promise.all(TYPES.map(findFailures));
});

async function findFailures(type: StorageType): Promise<void> {
  const mutants: readonly Mutant[] = MUTANTS[type];
  for (const mutant of mutants) {
    const results = await runCases(type, targetOf(mutant), (id) => mutant.caughtBy.includes(id));
    failures.set(
      mutant.id,
      results.filter(({ status }) => status === "failed"),
    );
  }
}

describe.each(TYPES)("the kit on faulty storages: %s", (type) => {
  const mutants: readonly Mutant<typeof type>[] = MUTANTS[type];
  const caseIds = conformanceCases(type).map(({ id }) => id);

  test("no two mutants have one id", () => {
    expect(repeats(mutants.map(({ id }) => id))).toEqual([]);
  });

  test("every mutant names cases that there are", () => {
    expect(mutants.filter(({ caughtBy }) => caughtBy.length === 0).map(({ id }) => id)).toEqual([]);
    expect(mutants.flatMap(({ caughtBy }) => caughtBy).filter((id) => !caseIds.includes(id))).toEqual([]);
  });

  test("every mutant fails the cases that have to catch it", () => {
    const survivors = mutants.flatMap(({ id, what, caughtBy }) =>
      caughtBy
        .filter((caseId) => !failures.get(id)?.some((result) => result.id === caseId))
        .map((caseId) => `${id} (${what}) survives ${caseId}`),
    );
    expect(survivors).toEqual([]);
  });

  test("every case fails on at least one mutant", () => {
    const failed = new Set(mutants.flatMap(({ id }) => failures.get(id) ?? []).map(({ id }) => id));
    expect(caseIds.filter((id) => !failed.has(id))).toEqual([]);
  });

  test.each(["beside", "reopened"] as const)("some mutants are caught only %s", (variant: CaseVariant) => {
    const caught = mutants.filter(({ id }) => {
      const results = failures.get(id) ?? [];
      return results.length > 0 && results.every((result) => result.variant === variant);
    });
    expect(caught).not.toEqual([]);
  });

  test("random operations catch mutants too", async () => {
    const survivors: string[] = [];
    for (const id of FOUND_AT_RANDOM[type]) {
      const mutant = mutants.find((each) => each.id === id);
      if (mutant === undefined || (await survivesRandomOperations(type, mutant))) survivors.push(id);
    }
    expect(survivors).toEqual([]);
  });
});

async function survivesRandomOperations<Type extends StorageType>(
  type: Type,
  mutant: Mutant<Type>,
): Promise<boolean> {
  const options = { filter: "random-operations", randomSequences: 30, seed: 1 };
  const [result] = await runConformance(type, targetOf(mutant), options);
  return result?.status !== "failed";
}

function repeats(ids: readonly string[]): string[] {
  return ids.filter((id, index) => ids.indexOf(id) !== index);
}
