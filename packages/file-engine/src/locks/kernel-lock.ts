/** What is used of `fs-native-extensions`, which has no types of its own. */
interface NativeLocks {
  tryLock(descriptor: number, offset: number, length: number, options: { shared: boolean }): boolean;
  unlock(descriptor: number, offset: number, length: number): void;
}

export type LockMode = "exclusive" | "shared";

let native: NativeLocks | undefined;

/**
 * Loads the system's file locks: open-file-description locks on Linux, `flock` on macOS, `LockFileEx`
 * on Windows. They exclude threads of a process too, and end with whoever holds them.
 *
 * @throws Error where the addon does not load
 */
export async function loadKernelLocks(): Promise<void> {
  native ??= ((await import("fs-native-extensions")) as { default: NativeLocks }).default;
}

/** Takes the lock on one byte if it is free. macOS knows locks on whole files only, and takes that. */
export function tryLockByte(descriptor: number, byte: number, mode: LockMode): boolean {
  return loaded().tryLock(descriptor, ...range(byte), { shared: mode === "shared" });
}

export function unlockByte(descriptor: number, byte: number): void {
  loaded().unlock(descriptor, ...range(byte));
}

function range(byte: number): [offset: number, length: number] {
  return process.platform === "darwin" ? [0, 0] : [byte, 1];
}

function loaded(): NativeLocks {
  if (native === undefined) throw new Error("The system's file locks are not loaded");
  return native;
}
