import type { PublishedPlaces, SnapshotFile } from "@tetrad/file-engine";

import { decodeHeader, HEADER_BYTES } from "./index-header.js";
import { readMeta } from "./meta-file.js";
import { idOf } from "./row-text.js";

const BLOCK_BYTES = 1 << 20;

/** Which places of the files that are replaced have which ids, and which are empty. */
export async function readPublished(
  base: readonly SnapshotFile[] | null,
  dimension: number,
): Promise<PublishedPlaces> {
  const [index, meta] = base ?? [];
  if (index === undefined || meta === undefined) return { names: [], count: 0, isEmpty: () => false };
  const header = decodeHeader(await index.read(0, Math.min(index.size, HEADER_BYTES)), index.size);
  const names: [number, string][] = [];
  await readMeta(blocksOf(meta), (place, text) => names.push([place, idOf(text)]));
  // An empty store may become one of another dimension.
  const count = header.dimension === dimension ? header.count : 0;
  const named = new Set(names.map(([place]) => place));
  const empty = new Set<number>();
  for (let place = 0; place < count; place += 1)
    if (!named.has(place) && (await isEmptyAt(index, place, dimension))) empty.add(place);
  return { names, count, isEmpty: (place) => empty.has(place) };
}

async function isEmptyAt(index: SnapshotFile, place: number, dimension: number): Promise<boolean> {
  const rowBytes = dimension * Float32Array.BYTES_PER_ELEMENT;
  const row = await index.read(HEADER_BYTES + place * rowBytes, rowBytes);
  return row.every((byte) => byte === 0);
}

async function* blocksOf(file: SnapshotFile): AsyncIterable<Uint8Array> {
  for (let position = 0; position < file.size; position += BLOCK_BYTES)
    yield file.read(position, Math.min(BLOCK_BYTES, file.size - position));
}
