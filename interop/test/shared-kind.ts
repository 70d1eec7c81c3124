import type { StorageType } from "@tetrad/core";
import fc from "fast-check";

import type { SharedContracts } from "../src/shared-contracts.ts";
import type { SideOptions } from "../src/sides.ts";

/** A write that both sides know; a name for the report of a failure. */
export interface SharedOperation<Type extends StorageType> {
  readonly toString: () => string;
  run(storage: SharedContracts[Type]): Promise<void>;
}

/** What the tests of shared data need to know of a kind of storage. */
export interface SharedKind<Type extends StorageType, Seen = unknown> {
  readonly options: SideOptions;
  /** Writes with everything that is hard to keep; each turn adds, changes and deletes. */
  readonly turns: readonly ((storage: SharedContracts[Type]) => Promise<void>)[];
  /** How many random sequences are tried. Default: 12. */
  readonly sequences?: number;
  /** Random writes on a few ids. */
  readonly operations: fc.Arbitrary<SharedOperation<Type>>;
  /** Everything that can be read, asked for through every read that both sides have. */
  observe(storage: SharedContracts[Type]): Promise<Seen>;
  /** Fails where the two do not see the same data. */
  expectSame(tetrad: Seen, python: Seen): void;
  /** What does not depend on who wrote it and when. */
  withoutStamps(seen: Seen): Seen;
}

/** A write with random arguments, reported as a call. */
export function operation<Type extends StorageType, Given>(
  name: string,
  given: fc.Arbitrary<Given>,
  run: (storage: SharedContracts[Type], given: Given) => Promise<void>,
): fc.Arbitrary<SharedOperation<Type>> {
  return given.map((value) => ({
    toString: () => `${name}(${fc.stringify(value)})`,
    run: async (storage) => run(storage, structuredClone(value)),
  }));
}
