/** Reads and writes the files of a format in memory. */
import type { SnapshotFormat, SnapshotSource } from "@tetrad/file-engine";

import type { RecordTable } from "../src/record-table.js";

const NO_FILE: SnapshotSource["file"] = {
  path: "memory",
  size: 0,
  read: () => Promise.reject(new Error("there is no file")),
};

export async function readTable<Table extends RecordTable>(
  format: SnapshotFormat<Table>,
  content: string | Uint8Array,
  { isOwn, blockSize = 1 << 20 }: { readonly isOwn: boolean; readonly blockSize?: number },
): Promise<Table> {
  const table = format.createEmpty();
  await format.read(
    {
      isOwn,
      isHalf: false,
      note: undefined,
      blocks: blocksOf(Buffer.from(content), blockSize),
      file: NO_FILE,
      companions: [],
    },
    table,
  );
  return table;
}

export async function writeTable<Table extends RecordTable>(
  format: SnapshotFormat<Table>,
  table: Table,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await format.write(
    table,
    {
      position: 0,
      get isFull() {
        return pieces.length % 3 === 0;
      },
      write: (piece) => void pieces.push(Buffer.from(piece)),
      flush: async () => {},
    },
    { companions: [], base: null },
  );
  return Buffer.concat(pieces);
}

/** Ids with the very text of each row. */
export function rowsOf(table: RecordTable): [string, string][] {
  return Array.from(table.entries(), ([id, row]): [string, string] => [id, row.bytes.toString("latin1")]);
}

async function* blocksOf(content: Buffer, size: number): AsyncIterable<Uint8Array> {
  for (let start = 0; start < content.length; start += size) {
    // A buffer of its own, as the blocks of a file are.
    yield new Uint8Array(content.subarray(start, start + size));
  }
}
