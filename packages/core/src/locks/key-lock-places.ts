import type { SignalOptions } from "../contracts/storage.js";

/** Somewhere that other processes look for key locks too, such as a workspace's folder. */
export interface KeyLockPlace {
  /** The workspace it belongs to. */
  readonly workspace: string;
  /**
   * Waits until it holds the locks of all names, against other processes only. They end with the
   * process at the latest.
   *
   * @returns what lets them go
   */
  lock(names: readonly string[], options: SignalOptions): Promise<() => void>;
}

const KEY: unique symbol = Symbol.for("tetrad.keyLockPlaces.v1") as never;
const shared = globalThis as { [KEY]?: Set<KeyLockPlace> };

/** Makes `withKeyLocks` take its locks there too. @returns what ends that */
export function addKeyLockPlace(place: KeyLockPlace): () => void {
  shared[KEY] ??= new Set();
  const places = shared[KEY];
  places.add(place);
  return () => void places.delete(place);
}

/**
 * Where the locks of a scope are to be taken: in its workspace, as `getFinalNamespace` writes it, or
 * everywhere when no workspace that is open has that name.
 */
export function keyLockPlacesOf(scope: string): KeyLockPlace[] {
  const places = [...(shared[KEY] ?? [])];
  const own = places.filter(({ workspace }) => workspace === "" || scope.startsWith(`${workspace}:`));
  return own.length > 0 ? own : places;
}
