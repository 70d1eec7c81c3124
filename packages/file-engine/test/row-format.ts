import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";

import type { Logger } from "@tetrad/core";

import { type FileSystem, fileSystemOption } from "../src/files/file-system.js";
import { SnapshotSyntaxError } from "../src/files/io-errors.js";
import { LayeredRows } from "../src/snapshots/layered-rows.js";
import type { RowOperation, SnapshotFormat, SnapshotState } from "../src/snapshots/snapshot-format.js";
import {
  type FileStorageOptions,
  type OpenedStore,
  openFileStore,
} from "../src/workspace/open-file-store.js";

export interface Line {
  readonly text: string;
}

export class Lines implements SnapshotState {
  readonly rows = new LayeredRows<Line>();
  readonly tables = [this.rows];

  /** All rows, as `id=text`. */
  get all(): string[] {
    return Array.from(this.rows.entries(), ([id, { text }]) => `${id}=${text}`);
  }
}

const PUT = 1;
const DELETE = 2;
const EXTEND = 3;

export function put(key: string, text = key): RowOperation {
  return { type: PUT, key, body: Buffer.from(text) };
}

export function remove(key: string): RowOperation {
  return { type: DELETE, key, body: Buffer.alloc(0) };
}

/** Adds to the text of a row: what it does depends on what was there. */
export function extend(key: string, text: string): RowOperation {
  return { type: EXTEND, key, body: Buffer.from(text) };
}

export interface LineFormatOptions {
  readonly fileName?: string;
  readonly whenDropped?: "remove" | "write-empty";
}

/**
 * The smallest format there can be, for tests of the engine: a line `id=text` for each row, and the
 * word end. Texts that begin with `v<number>` are stamped: the higher number is the newer.
 */
export function lineFormat(options: LineFormatOptions = {}): SnapshotFormat<Lines> {
  const { fileName = "list.txt", whenDropped = "remove" } = options;
  return {
    kind: "lines",
    fileName,
    whenDropped,
    createEmpty: () => new Lines(),
    async read({ blocks }, { rows }) {
      const parts: Uint8Array[] = [];
      for await (const block of blocks) parts.push(block);
      const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts));
      const lines = text.split("\n");
      if (lines.pop() !== "end") throw new SnapshotSyntaxError("it does not end with the word end");
      for (const line of lines) {
        const at = line.indexOf("=");
        if (at < 1) throw new SnapshotSyntaxError(`a line without an id: ${line}`);
        rows.set(line.slice(0, at), { text: line.slice(at + 1) });
      }
    },
    async write({ rows }, output) {
      for (const [id, { text }] of rows.committed()) {
        output.write(`${id}=${text}\n`);
        if (output.isFull) await output.flush();
      }
      output.write("end");
    },
    apply({ rows }, { type, key, body }) {
      const text = Buffer.from(body).toString();
      if (type === PUT) rows.set(key, { text });
      else if (type === DELETE) rows.delete(key);
      else rows.set(key, { text: (rows.get(key)?.text ?? "") + text });
    },
    checksumOf({ rows }, { key }) {
      const row = rows.get(key);
      return row === undefined ? null : crc32(row.text);
    },
    prevails: ({ rows }, { type, key, body }) =>
      type !== DELETE && stampOf(Buffer.from(body).toString()) >= stampOf(rows.get(key)?.text ?? ""),
  };
}

function stampOf(text: string): number {
  return Number(/^v(\d+)/.exec(text)?.[1] ?? 0);
}

export const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = join(tmpdir(), `tetrad-${randomUUID()}`);
  await mkdir(path);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export interface OpenLinesOptions extends LineFormatOptions {
  readonly workspace?: string;
  readonly durability?: "full" | "process";
  readonly snapshot?: "finalize" | "threshold" | "commit";
  readonly lockTimeoutMs?: number;
  readonly lock?: "kernel" | "none";
  readonly networkFolders?: "refuse" | "allow";
  readonly fileSystem?: FileSystem;
  readonly format?: SnapshotFormat<Lines>;
  readonly logger?: Logger;
}

/** The options of a storage on a folder. */
export function lineOptions(workingDir: string, options: OpenLinesOptions = {}): FileStorageOptions {
  const { workspace = "", durability = "full", snapshot = "finalize", lockTimeoutMs = 1000 } = options;
  const { lock = "kernel", networkFolders = "refuse", fileSystem, logger = silent } = options;
  return {
    namespace: "list",
    workspace,
    workingDir,
    durability,
    logger,
    snapshot,
    lockTimeoutMs,
    lock,
    networkFolders,
    cosineThreshold: 0.2,
    embeddingBatchSize: 1,
    embeddingMaxAsync: 1,
    maxGraphNodes: 1,
    ...(fileSystem === undefined ? {} : { [fileSystemOption]: fileSystem }),
  };
}

/** Opens lines of a folder as a storage would. */
export function openLines(workingDir: string, options: OpenLinesOptions = {}): Promise<OpenedStore<Lines>> {
  return openFileStore(lineOptions(workingDir, options), options.format ?? lineFormat(options));
}
