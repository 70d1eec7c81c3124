import { basename, dirname, join } from "node:path";
import { threadId } from "node:worker_threads";

import type { FileSystem } from "../files/file-system.js";

let lastStamp = 0n;

/** Where things stand in a workspace's folder. */
export class WorkspacePaths {
  /** The real path of the folder. */
  readonly folder: string;
  readonly #fileSystem: FileSystem;

  constructor(folder: string, fileSystem: FileSystem) {
    this.folder = folder;
    this.#fileSystem = fileSystem;
  }

  /** Everything of ours. */
  get own(): string {
    return join(this.folder, ".tetrad");
  }

  get lock(): string {
    return join(this.own, "lock");
  }

  get users(): string {
    return join(this.own, "users");
  }

  get keyLocks(): string {
    return join(this.own, "keys");
  }

  get head(): string {
    return join(this.own, "head");
  }

  /** New snapshots until they have their place. */
  get publish(): string {
    return join(this.own, "publish");
  }

  /** What was found and could not be used, kept for whoever wants to look at it. */
  get aside(): string {
    return join(this.own, "aside");
  }

  /** A link to a file elsewhere stays a link: what it points to is what is replaced. */
  async snapshot(fileName: string): Promise<string> {
    const link = join(this.folder, fileName);
    return this.#fileSystem.realPath(link).catch(() => link);
  }

  /** The files of a snapshot, its first one first. */
  snapshotFiles(file: {
    readonly fileName: string;
    readonly companions?: readonly string[];
  }): Promise<string[]> {
    return Promise.all([file.fileName, ...(file.companions ?? [])].map((name) => this.snapshot(name)));
  }

  /** Where the new file of a snapshot is written: on the same file system, or it could not be renamed. */
  staged(snapshot: string, stagedName: string): string {
    return join(dirname(snapshot) === this.folder ? this.publish : dirname(snapshot), stagedName);
  }
}

/** A name for a new file, in LightRAG's form, so that it clears away what a dead process left beside a link's target. */
export function stagedNameFor(snapshot: string): string {
  const now = BigInt(Date.now()) * 1_000_000n;
  lastStamp = now > lastStamp ? now : lastStamp + 1n;
  return `${basename(snapshot)}.tmp.${process.pid}.${threadId}.${lastStamp}`;
}
