import { closeSync, openSync, readSync, writeSync } from "node:fs";

/** How many of the lists of an inverted file are searched, at least. */
const FEWEST_PROBES = 8;
/** And which share of them. */
const SHARE_PROBED = 1 / 4;

/** Of an index file: four characters, dimension, count, two numbers without meaning, whether it is trained, metric. */
const INDEX_HEADER_BYTES = 37;

/**
 * faiss searches a single list of an inverted file unless it is told otherwise, which finds few of the
 * best rows. `faiss-node` cannot tell it, but the number stands in the file: after the number of lists.
 */
export function widenProbes(path: string): void {
  const file = openSync(path, "r+");
  try {
    const header = Buffer.alloc(INDEX_HEADER_BYTES + 16);
    if (readSync(file, header, 0, header.length, 0) !== header.length) return;
    if (!header.toString("latin1", 0, 4).startsWith("Iw")) return;
    const lists = Number(header.readBigUInt64LE(INDEX_HEADER_BYTES));
    const probes = Buffer.alloc(8);
    probes.writeBigUInt64LE(
      BigInt(Math.min(lists, Math.max(FEWEST_PROBES, Math.ceil(lists * SHARE_PROBED)))),
    );
    writeSync(file, probes, 0, probes.length, INDEX_HEADER_BYTES + 8);
  } finally {
    closeSync(file);
  }
}
