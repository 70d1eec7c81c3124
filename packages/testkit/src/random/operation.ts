import type { Storage } from "@tetrad/core";
import fc from "fast-check";

import { HOSTILE_IDS } from "../hostile-values.js";

/** One call of a storage, with an answer that can be compared. */
export interface Operation<S> {
  run(storage: S): Promise<unknown>;
  /** The storage is closed and opened again afterwards. */
  readonly reopens?: boolean;
  /** For the report of a failure. */
  toString(): string;
}

/** An operation from generated arguments. */
export function operation<S, Arguments extends readonly unknown[]>(
  name: string,
  args: fc.Arbitrary<Arguments>,
  run: (storage: S, ...args: Arguments) => Promise<unknown>,
): fc.Arbitrary<Operation<S>> {
  return args.map((values) => ({
    run: (storage: S) => run(storage, ...values),
    toString: () => `${name}(${values.map((value) => fc.stringify(value)).join(", ")})`,
  }));
}

/** Closing and opening again, and now and then deleting everything. */
export function endings<S extends Storage>(): fc.Arbitrary<Operation<S>> {
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constant({ run: async () => null, reopens: true, toString: () => "reopen" }),
    },
    {
      weight: 1,
      arbitrary: fc.constant({ run: async (storage: S) => storage.drop(), toString: () => "drop()" }),
    },
  );
}

/** Few ids, so that operations meet; some of them hostile. */
export const ids: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("a", "b", "c", "d", "e", "f") },
  { weight: 2, arbitrary: fc.constantFrom(...HOSTILE_IDS.filter((id) => Buffer.byteLength(id) <= 64)) },
  { weight: 1, arbitrary: fc.constantFrom("", "nul\u0000", "lone\uD800") },
);

export const idLists: fc.Arbitrary<string[]> = fc.array(ids, { maxLength: 6 });

/** Rows in an order of their own, whatever order a storage gives them in. */
export function sorted<T>(rows: Iterable<T>, keyOf: (row: T) => string): T[] {
  return [...rows].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
