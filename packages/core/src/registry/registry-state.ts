import type { StorageType } from "../contracts/storage.js";
import {
  builtInImplementations,
  type ImplementationEntry,
  type StorageImplementations,
  withMethods,
} from "./storage-implementations.js";

/** What all copies of this package in one process share. */
interface RegistryState {
  readonly implementations: Record<StorageType, Record<string, ImplementationEntry>>;
  /** Loads under way or done, by type and name; a failed one is taken out again. */
  readonly loads: Map<string, Promise<unknown>>;
  /** How often importing a file failed: Node keeps a failed import, so the next try needs another URL. */
  readonly failedImports: Map<string, number>;
}

const KEY: unique symbol = Symbol.for("tetrad.registry.v1") as never;
const shared = globalThis as { [KEY]?: RegistryState };

export function registryState(): RegistryState {
  shared[KEY] ??= { implementations: builtInImplementations(), loads: new Map(), failedImports: new Map() };
  return shared[KEY];
}

/**
 * The one table of all storages: storage type → required and optional methods, and by name the
 * package that has it and the variables it needs. `registerStorage` adds to it.
 */
export const STORAGE_IMPLEMENTATIONS: StorageImplementations = withMethods(registryState().implementations);
