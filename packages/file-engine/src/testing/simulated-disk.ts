import { basename, dirname } from "node:path";

import type { FileStat, OpenMode } from "../files/file-system.js";
import type { LockMode } from "../locks/kernel-lock.js";

/** What a power cut does to one step that was not synced. */
export type CrashChoice = "kept" | "lost" | "torn";

type DataStep =
  | { readonly kind: "write"; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: "truncate"; readonly length: number };

export interface Inode {
  readonly number: bigint;
  /** As programs see it. */
  data: Buffer;
  /** As it was synced last, and what was done since. */
  synced: Buffer;
  unsynced: DataStep[];
  modified: bigint;
  changed: bigint;
  mode: number;
}

/** A change of names: a file gets one, loses one, or both. */
interface NameStep {
  readonly removed: string | null;
  readonly added: { readonly path: string; readonly inode: Inode } | null;
  isSynced: boolean;
}

interface HeldLock {
  readonly owner: object;
  readonly mode: LockMode;
}

/**
 * A disk in memory that remembers what was synced: `afterPowerCut` gives the disk as it may be found
 * then, with every unsynced step kept, lost or torn as the caller chooses. Each program works on it
 * through a `SimulatedProcess`.
 */
export class SimulatedDisk {
  readonly #names = new Map<string, Inode>();
  readonly #folders = new Set<string>(["/"]);
  readonly #locks = new Map<string, HeldLock[]>();
  #durableNames = new Map<string, Inode>();
  #nameSteps: NameStep[] = [];
  #clock = 0n;
  #lastInode = 0n;

  /** Paths of all files. */
  get paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  read(path: string): Buffer | null {
    return this.#names.get(path)?.data ?? null;
  }

  /** Replaces a file as another program does: a new file, renamed, never synced by us but long on the disk. */
  replace(path: string, content: string | Uint8Array): void {
    const inode = this.#newInode();
    inode.data = Buffer.from(content as Uint8Array);
    inode.synced = Buffer.from(inode.data);
    this.#stepNames({ removed: null, added: { path, inode }, isSynced: true });
  }

  /** Changes a file in place, without a trace in its time stamps: a fault of the disk. */
  corrupt(path: string, change: (data: Buffer) => Buffer): void {
    const inode = this.#names.get(path);
    if (inode !== undefined) inode.data = change(Buffer.from(inode.data));
  }

  /** A copy as it is now, all of it synced: what is left when a process ends. */
  copy(): SimulatedDisk {
    return this.afterPowerCut(() => "kept");
  }

  /** The disk after a power cut. @param choose called for each step that was not synced, in order */
  afterPowerCut(choose: () => CrashChoice): SimulatedDisk {
    const disk = new SimulatedDisk();
    for (const folder of this.#folders) disk.#folders.add(folder);
    disk.#clock = this.#clock;
    disk.#lastInode = this.#lastInode;
    const names = new Map(this.#durableNames);
    for (const { removed, added, isSynced } of this.#nameSteps) {
      if (!isSynced && choose() !== "kept") continue;
      if (removed !== null) names.delete(removed);
      if (added !== null) names.set(added.path, added.inode);
    }
    const copies = new Map<Inode, Inode>();
    for (const [path, inode] of names) {
      const data = copies.get(inode)?.data ?? dataAfterPowerCut(inode, choose);
      const copy = copies.get(inode) ?? { ...inode, data, synced: Buffer.from(data), unsynced: [] };
      copies.set(inode, copy);
      disk.#names.set(path, copy);
    }
    disk.#durableNames = new Map(disk.#names);
    return disk;
  }

  // What processes do

  open(path: string, mode: OpenMode): Inode {
    const known = this.#names.get(path);
    if (mode === "create" && known !== undefined) throw failure("EEXIST", "open", path);
    if (known !== undefined) return known;
    if (mode === "read" || !this.#folders.has(dirname(path))) throw failure("ENOENT", "open", path);
    const inode = this.#newInode();
    this.#stepNames({ removed: null, added: { path, inode }, isSynced: false });
    return inode;
  }

  write(inode: Inode, bytes: Uint8Array, position: number): void {
    const step: DataStep = { kind: "write", position, bytes: Buffer.from(bytes) };
    inode.data = applyStep(inode.data, step);
    inode.unsynced.push(step);
    this.#touch(inode);
  }

  truncate(inode: Inode, length: number): void {
    const step: DataStep = { kind: "truncate", length };
    inode.data = applyStep(inode.data, step);
    inode.unsynced.push(step);
    this.#touch(inode);
  }

  sync(inode: Inode): void {
    inode.synced = Buffer.from(inode.data);
    inode.unsynced = [];
  }

  rename(from: string, to: string): void {
    const inode = this.#names.get(from);
    if (inode === undefined) throw failure("ENOENT", "rename", from);
    inode.changed = ++this.#clock;
    this.#stepNames({ removed: from, added: { path: to, inode }, isSynced: false });
  }

  remove(path: string): void {
    if (!this.#names.has(path)) throw failure("ENOENT", "unlink", path);
    this.#stepNames({ removed: path, added: null, isSynced: false });
  }

  makeFolder(path: string): string | undefined {
    if (this.#folders.has(path)) return undefined;
    const first = this.makeFolder(dirname(path)) ?? path;
    this.#folders.add(path);
    return first;
  }

  list(folder: string): string[] {
    if (!this.#folders.has(folder)) throw failure("ENOENT", "scandir", folder);
    return [...this.#names.keys(), ...this.#folders]
      .filter((path) => path !== folder && dirname(path) === folder)
      .map((path) => basename(path));
  }

  stat(path: string): FileStat {
    const inode = this.#names.get(path);
    if (inode === undefined) throw failure("ENOENT", "stat", path);
    return statOf(inode);
  }

  syncFolder(folder: string): void {
    for (const step of this.#nameSteps) {
      const path = step.added?.path ?? step.removed;
      if (path !== null && dirname(path) === folder) step.isSynced = true;
    }
  }

  exists(path: string): boolean {
    return this.#names.has(path) || this.#folders.has(path);
  }

  tryLock(inode: Inode, byte: number, mode: LockMode, owner: object): boolean {
    const key = `${inode.number}:${byte}`;
    const others = (this.#locks.get(key) ?? []).filter((lock) => lock.owner !== owner);
    if (others.some((lock) => mode === "exclusive" || lock.mode === "exclusive")) return false;
    this.#locks.set(key, [...others, { owner, mode }]);
    return true;
  }

  unlock(inode: Inode, byte: number, owner: object): void {
    const key = `${inode.number}:${byte}`;
    this.#locks.set(
      key,
      (this.#locks.get(key) ?? []).filter((lock) => lock.owner !== owner),
    );
  }

  unlockAll(owner: object): void {
    for (const [key, locks] of this.#locks)
      this.#locks.set(
        key,
        locks.filter((lock) => lock.owner !== owner),
      );
  }

  #newInode(): Inode {
    this.#clock += 1n;
    this.#lastInode += 1n;
    const time = this.#clock;
    return {
      number: this.#lastInode,
      data: Buffer.alloc(0),
      synced: Buffer.alloc(0),
      unsynced: [],
      modified: time,
      changed: time,
      mode: 0o644,
    };
  }

  #touch(inode: Inode): void {
    this.#clock += 1n;
    inode.modified = this.#clock;
    inode.changed = this.#clock;
  }

  #stepNames(step: NameStep): void {
    if (step.removed !== null) this.#names.delete(step.removed);
    if (step.added !== null) this.#names.set(step.added.path, step.added.inode);
    this.#nameSteps.push(step);
  }
}

function dataAfterPowerCut(inode: Inode, choose: () => CrashChoice): Buffer {
  let data: Buffer = Buffer.from(inode.synced);
  for (const step of inode.unsynced) {
    const choice = choose();
    if (choice === "lost") continue;
    data = applyStep(data, choice === "torn" ? torn(step) : step);
  }
  return data;
}

function torn(step: DataStep): DataStep {
  if (step.kind === "truncate") return step;
  return { ...step, bytes: step.bytes.subarray(0, Math.floor(step.bytes.length / 2)) };
}

function applyStep(data: Buffer, step: DataStep): Buffer {
  if (step.kind === "truncate") {
    const cut = Buffer.alloc(step.length);
    data.copy(cut);
    return cut;
  }
  const end = step.position + step.bytes.length;
  const written = data.length >= end ? Buffer.from(data) : Buffer.concat([data], end);
  step.bytes.copy(written, step.position);
  return written;
}

export function statOf(inode: Inode): FileStat {
  return {
    device: 1n,
    inode: inode.number,
    size: BigInt(inode.data.length),
    modifiedNs: inode.modified,
    changedNs: inode.changed,
    mode: inode.mode,
    isFile: true,
  };
}

export function failure(code: string, syscall: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, syscall, path });
}
