import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";

import { StorageCorruptionError } from "@tetrad/core";

import type { FaissContent } from "../faiss-content.js";
import type { ApproximateSearchOptions } from "./approximate-search.js";
import type { FaissNode, NativeIndex } from "./faiss-node.js";
import { withFlatFile } from "./flat-file.js";

const run = promisify(execFile);

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
 * for those very vectors, and only where every byte is as it was written.
 */
export class ApproximateFile {
  readonly #options: Pick<ApproximateSearchOptions, "loaded" | "factory" | "cache" | "name">;
  readonly #path: string;

  constructor(options: Pick<ApproximateSearchOptions, "loaded" | "factory" | "cache" | "name">) {
    this.#options = options;
    const kind = createHash("sha256").update(options.factory).digest("hex").slice(0, 12);
    this.#path = join(options.cache, `${options.name}.${kind}`);
  }

  get stampPath(): string {
    return `${this.#path}.json`;
  }

  /** Sees to it that there is an index of those vectors. */
  async prepare(content: FaissContent, ids: readonly string[], signal: AbortSignal): Promise<void> {
    const hash = createHash("sha256").update(JSON.stringify(ids));
    await withFlatFile(
      content,
      ids,
      async (vectors) => {
        const source = hash.digest("hex");
        const stamp = await this.#readStamp();
        const { factory } = this.#options;
        const isThere = stamp?.source === source && stamp.factory === factory && (await this.#isWhole(stamp));
        if (!isThere && !signal.aborted) await this.#make(vectors, source, signal);
      },
      (block) => hash.update(block),
    );
  }

  /** @throws StorageCorruptionError where the file is not as it was written: native code never sees it */
  async load(faiss: FaissNode): Promise<NativeIndex> {
    const stamp = await this.#readStamp();
    if (stamp === null || !(await this.#isWhole(stamp))) {
      throw new StorageCorruptionError(`${this.#path} is damaged: remove it, and it is made anew`, {
        path: this.#path,
      });
    }
    return faiss.Index.read(this.#path);
  }

  async #make(vectors: string, source: string, signal: AbortSignal): Promise<void> {
    const { cache, factory, loaded } = this.#options;
    await mkdir(cache, { recursive: true });
    const unfinished = `${this.#path}.${process.pid}`;
    try {
      const script = fileURLToPath(new URL("./build-index.js", import.meta.url));
      await run(process.execPath, [script, loaded.path, factory, vectors, unfinished], { signal });
      const written = await summarise(unfinished);
      const stamp: Stamp = { version: 1, factory, source, ...written };
      // Without its stamp the old index does not count, so the two never are of different makes.
      await rm(this.stampPath, { force: true });
      await rename(unfinished, this.#path);
      await writeFile(`${this.stampPath}.${process.pid}`, JSON.stringify(stamp));
      await rename(`${this.stampPath}.${process.pid}`, this.stampPath);
    } finally {
      await rm(unfinished, { force: true });
    }
  }

  async #readStamp(): Promise<Stamp | null> {
    try {
      const stamp: unknown = JSON.parse(await readFile(this.stampPath, "utf8"));
      return isStamp(stamp) ? stamp : null;
    } catch {
      // Whatever it is, it is no stamp, and the index is made anew.
      return null;
    }
  }

  async #isWhole({ size, checksum }: Stamp): Promise<boolean> {
    try {
      const found = await summarise(this.#path);
      return found.size === size && found.checksum === checksum;
    } catch {
      return false;
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
