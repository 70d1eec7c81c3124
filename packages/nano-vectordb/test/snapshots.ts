import type { SnapshotFile, SnapshotOutput, SnapshotSource } from "@tetrad/file-engine";

import type { NanoContent } from "../src/nano-content.js";
import { nanoFileFormat } from "../src/nano-file-format.js";

export const DIMENSION = 4;
export const format = nanoFileFormat("entities", { dimension: DIMENSION, modelName: undefined });

/** A file in memory, which tests may damage. */
export function fileOf(bytes: Uint8Array): SnapshotFile {
  return {
    path: "/memory/vdb_entities.json",
    size: bytes.length,
    read: async (position, length) => Buffer.from(bytes.subarray(position, position + length)),
  };
}

export interface ReadOptions {
  readonly isOwn: boolean;
  /** Lengths of the blocks, in turn. */
  readonly blocks?: readonly number[];
}

export async function read(
  bytes: Uint8Array,
  { isOwn, blocks = [1 << 20] }: ReadOptions,
): Promise<NanoContent> {
  /** Each one is there until the next but one is asked for. */
  async function* parts(): SnapshotSource["blocks"] {
    let before: Uint8Array | undefined;
    let last: Uint8Array | undefined;
    for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
      const length = blocks[turn % blocks.length] ?? 1;
      before?.fill(0);
      before = last;
      last = new Uint8Array(bytes.subarray(start, start + length));
      yield last;
      start += length;
    }
    before?.fill(0);
  }
  const content = format.createEmpty();
  await format.read(
    { isOwn, isHalf: false, note: undefined, blocks: parts(), file: fileOf(bytes), companions: [] },
    content,
  );
  return content;
}

export interface Written {
  readonly bytes: Buffer;
  /** Points the content to the new file. */
  adopt(): void;
}

/** @param onFlush called at each flush, while the snapshot is being written */
export async function write(content: NanoContent, onFlush: () => void = () => {}): Promise<Written> {
  const pieces: Uint8Array[] = [];
  let position = 0;
  let sinceFlush = 0;
  const output: SnapshotOutput = {
    get position() {
      return position;
    },
    get isFull() {
      return sinceFlush > 100;
    },
    write(piece) {
      const bytes = Buffer.from(piece as Uint8Array);
      pieces.push(bytes);
      position += bytes.length;
      sinceFlush += bytes.length;
    },
    async flush() {
      sinceFlush = 0;
      onFlush();
    },
  };
  const adopt = await format.write(content, output, { companions: [], base: null });
  const bytes = Buffer.concat(pieces);
  return { bytes, adopt: () => adopt?.(fileOf(bytes)) };
}

/** Everything that can be seen of a content, rows in order. */
export function view(content: NanoContent): unknown {
  return {
    rows: [...content.rows.entries()].map(([id, row]) => ({
      id,
      text: row.text,
      checksum: row.checksum,
      vector: [...content.vectorOf(id)],
      isSearched: content.index.has(id),
    })),
    members: [...content.members.entries()],
    modelName: content.modelName,
    ends: ["A", "B", "C"].map((name) => content.idsByEnd(name).sort()),
    sizes: [content.index.size, content.unusable.size],
  };
}
