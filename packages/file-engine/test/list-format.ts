import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Logger } from "@tetrad/core";

import { type FileSystem, fileSystemOption } from "../src/file-system.js";
import { SnapshotSyntaxError } from "../src/io-errors.js";
import { openFileStore } from "../src/open-file-store.js";
import type { SnapshotFormat } from "../src/snapshot-format.js";
import type { OpenedStore } from "../src/workspace-folder.js";

/** The smallest format there can be, for tests of the engine: a list of lines. */
export function listFormat(fileName = "list.txt"): SnapshotFormat<string[], string> {
  return {
    kind: "list",
    fileName,
    whenDropped: "remove",
    createEmpty: () => [],
    async read(source) {
      const blocks: Uint8Array[] = [];
      for await (const block of source) blocks.push(block);
      const text = Buffer.concat(blocks).toString();
      if (!text.endsWith("\nend")) throw new SnapshotSyntaxError("it does not end with the word end");
      return text.split("\n").slice(0, -1);
    },
    write: (lines) => [...lines, "end"].join("\n"),
    apply: (lines, line) => void lines.push(line),
  };
}

export const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = join(tmpdir(), `tetrad-${randomUUID()}`);
  await mkdir(path);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export interface OpenListOptions {
  readonly workspace?: string;
  readonly durability?: "full" | "process";
  readonly fileSystem?: FileSystem;
  readonly format?: SnapshotFormat<string[], string>;
  readonly logger?: Logger;
}

/** Opens the list of a folder as a storage would. */
export function openList(
  workingDir: string,
  options: OpenListOptions = {},
): Promise<OpenedStore<string[], string>> {
  const { workspace = "", durability = "full", fileSystem, format = listFormat(), logger = silent } = options;
  return openFileStore(
    {
      namespace: "list",
      workspace,
      workingDir,
      durability,
      logger,
      snapshot: "finalize",
      lockTimeoutMs: 0,
      cosineThreshold: 0.2,
      embeddingBatchSize: 1,
      embeddingMaxAsync: 1,
      maxGraphNodes: 1,
      ...(fileSystem === undefined ? {} : { [fileSystemOption]: fileSystem }),
    },
    format,
  );
}
