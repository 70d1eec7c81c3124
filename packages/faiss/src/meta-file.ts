import { JsonTextReader, SnapshotSyntaxError } from "@tetrad/file-engine";

/** A row's number, which is the place of its vector. */
const NUMBER = /^(?:0|[1-9]\d{0,14})$/;

/**
 * Reads `.index.meta.json`, in the order of its rows.
 *
 * @throws SnapshotSyntaxError or SyntaxError where it is something else
 */
export async function readMeta(
  blocks: AsyncIterable<Uint8Array>,
  onRow: (place: number, text: string) => void,
): Promise<void> {
  const reader = new JsonTextReader(blocks);
  await reader.readMembers((key, text) => {
    if (!NUMBER.test(key))
      throw new SnapshotSyntaxError(`its .meta.json has ${JSON.stringify(key)} for a number`);
    onRow(Number(key), text);
  });
  await reader.readEnd();
}
