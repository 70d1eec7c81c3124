import { type SnapshotFile, type SnapshotSource, SnapshotSyntaxError } from "@tetrad/file-engine";

import type { GraphContent } from "./graph-content.js";
import { GraphMLLayoutReader } from "./graphml-layout-reader.js";
import { GraphMLParser } from "./graphml-parser.js";

const BLOCK_BYTES = 1 << 20;

/**
 * Reads GraphML: by its layout where it is the one that is written here and by networkx with
 * ElementTree, which is several times faster, else with an XML parser.
 *
 * @throws SnapshotSyntaxError when the file is no GraphML, or not all of it; where it is expected to
 *   be our own, also when it has another layout
 */
export async function readGraphML(source: SnapshotSource, content: GraphContent): Promise<void> {
  const { length, failure } = await readByLayout(source, content);
  if (failure === undefined) return;
  if (source.isOwn || !(failure instanceof SnapshotSyntaxError)) throw failure;
  content.clear();
  await new GraphMLParser(content).read(blocksOf(source.file, length));
}

/** Takes all blocks, even where the layout is another one: the engine looks at them too. */
async function readByLayout(
  { isOwn, blocks }: SnapshotSource,
  content: GraphContent,
): Promise<{ length: number; failure: unknown }> {
  const reader = new GraphMLLayoutReader(content, { isTrusted: isOwn });
  let length = 0;
  let failure: unknown;
  for await (const block of blocks) {
    length += block.length;
    failure ??= errorOf(() => reader.push(block));
  }
  failure ??= errorOf(() => reader.end());
  return { length, failure };
}

function errorOf(read: () => void): unknown {
  try {
    read();
    return undefined;
  } catch (error) {
    return error;
  }
}

async function* blocksOf(file: SnapshotFile, length: number): AsyncIterable<Uint8Array> {
  for (let position = 0; position < length; position += BLOCK_BYTES)
    yield await file.read(position, Math.min(BLOCK_BYTES, length - position));
}
