import type { StoredFile } from "./file-store.js";

/** Stores whose files cannot be read, and why. */
export type Unreadable = ReadonlyMap<StoredFile, unknown>;

/** @throws what keeps one of the stores from being read */
export function throwForAnyOf(stores: Iterable<StoredFile>, unreadable: Unreadable): void {
  for (const store of stores) if (unreadable.has(store)) throw unreadable.get(store);
}
