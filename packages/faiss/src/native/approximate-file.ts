import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, constants, copyFile, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";

import type { FaissContent } from "../faiss-content.js";
import type { ApproximateSearchOptions } from "./approximate-search.js";
import type { NativeIndex } from "./faiss-node.js";
import { writeFlatFile } from "./flat-file.js";
import { withScratchFolder } from "./scratch-folder.js";

const run = promisify(execFile);
/** Name of the flat file that an index is made of. */
const VECTORS = "vectors";

/** What is known of an index in the cache. */
interface Stamp {
  readonly version: 1;
  readonly factory: string;
  /** Of the vectors it was made of, with their ids. */
  readonly source: string;
  readonly size: number;
  /** CRC-32. */
  readonly checksum: number;
}

/**
 * An approximate index in the cache, with what it was made of and how it was written: it is only used
 * for those very vectors, and only where every byte is as it was written. Storages and processes may
 * share the cache, so faiss reads files that are nobody else's.
 */
export class ApproximateFile {
  readonly #options: Pick<ApproximateSearchOptions, "loaded" | "factory" | "cache">;
  readonly #path: string;

  constructor(options: Pick<ApproximateSearchOptions, "loaded" | "factory" | "cache">) {
    this.#options = options;
    const kind = createHash("sha256").update(options.factory).digest("hex").slice(0, 12);
    this.#path = join(options.cache, kind);
  }

  get #stampPath(): string {
    return `${this.#path}.json`;
  }

  /**
   * An index of those vectors: the one in the cache where it is of them and whole, else a new one.
   *
   * @returns undefined where the signal said to stop
   */
  obtain(
    content: FaissContent,
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<NativeIndex | undefined> {
    return withScratchFolder(this.#options.cache, async (scratch) => {
      const hash = createHash("sha256").update(JSON.stringify(ids));
      await writeFlatFile(join(scratch, VECTORS), content, ids, (block) => hash.update(block));
      if (signal.aborted) return undefined;
      const source = hash.digest("hex");
      return (await this.#readKept(source, scratch)) ?? this.#make(source, scratch, signal);
    });
  }

  /** The index in the cache, from a copy of it: nobody changes that after it was verified. */
  async #readKept(source: string, scratch: string): Promise<NativeIndex | undefined> {
    const { factory, loaded } = this.#options;
    const stamp = await this.#readStamp();
    if (stamp?.source !== source || stamp.factory !== factory) return undefined;
    const copy = join(scratch, "kept");
    try {
      await copyFile(this.#path, copy, constants.COPYFILE_FICLONE);
      const { size, checksum } = await summarise(copy);
      if (size !== stamp.size || checksum !== stamp.checksum) return undefined;
    } catch {
      // It is not there or cannot be read, and is made anew.
      return undefined;
    }
    return loaded.faiss.Index.read(copy);
  }

  async #make(source: string, scratch: string, signal: AbortSignal): Promise<NativeIndex> {
    const { cache, factory, loaded } = this.#options;
    await access(cache, constants.W_OK);
    const made = join(scratch, "made");
    const script = fileURLToPath(new URL("./build-index.js", import.meta.url));
    await run(process.execPath, [script, loaded.path, factory, join(scratch, VECTORS), made], { signal });
    const stamp: Stamp = { version: 1, factory, source, ...(await summarise(made)) };
    const native = loaded.faiss.Index.read(made);
    await writeFile(join(scratch, "stamp"), JSON.stringify(stamp));
    // Without its stamp the old index does not count, so the two are of one make.
    await rm(this.#stampPath, { force: true });
    await rename(made, this.#path);
    await rename(join(scratch, "stamp"), this.#stampPath);
    return native;
  }

  async #readStamp(): Promise<Stamp | null> {
    try {
      const stamp: unknown = JSON.parse(await readFile(this.#stampPath, "utf8"));
      return isStamp(stamp) ? stamp : null;
    } catch {
      // Whatever it is, it is no stamp, and the index is made anew.
      return null;
    }
  }
}

function isStamp(value: unknown): value is Stamp {
  return typeof value === "object" && value !== null && "version" in value && value.version === 1;
}

async function summarise(path: string): Promise<{ size: number; checksum: number }> {
  let size = 0;
  let checksum = 0;
  for await (const block of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    size += block.length;
    checksum = crc32(block, checksum);
  }
  return { size, checksum };
}
