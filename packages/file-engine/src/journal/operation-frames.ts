import { SnapshotSyntaxError } from "../files/io-errors.js";
import type { RowOperation } from "../snapshots/snapshot-format.js";
import { CONTINUED, type Frame, FRAME_TYPES, LONGEST_PAYLOAD } from "./journal-format.js";

/** An operation with what its row was when it was committed. */
export interface JournaledOperation {
  readonly operation: RowOperation;
  /** Checksum of the row before; `null` where there was none. */
  readonly replaced: number | null;
}

/** Operations on one snapshot, as one frame or more of a record hold them. */
export interface OperationsFrame {
  readonly fileName: string;
  readonly operations: readonly JournaledOperation[];
}

const HAS_REPLACED = 1;
/** Type (u8), flags (u8), checksum of the row before (u32), length of the key (u32), of the body (u32). */
const OPERATION_HEADER_BYTES = 14;

/**
 * Cuts operations into frames. A payload is the length of the file's name (u16), the name, and
 * operations, each a header of 14 bytes, its key and its body. An operation that is longer than a
 * payload goes on in the next frames, behind the name again; such frames hold nothing else.
 */
export function* encodeOperations(
  fileName: string,
  operations: readonly JournaledOperation[],
  sequence: number,
): Iterable<Frame> {
  const prefix = encodeName(fileName);
  const room = LONGEST_PAYLOAD - prefix.length;
  const frame = (parts: readonly Uint8Array[], flags = 0): Frame => ({
    type: FRAME_TYPES.operations,
    flags,
    sequence,
    payload: Buffer.concat([prefix, ...parts]),
  });
  let parts: Uint8Array[] = [];
  let length = 0;
  for (const journaled of operations) {
    const encoded = encodeOperation(journaled);
    const encodedLength = encoded.reduce((sum, part) => sum + part.length, 0);
    if (length + encodedLength > room && parts.length > 0) {
      yield frame(parts);
      parts = [];
      length = 0;
    }
    if (encodedLength > room) {
      const whole = Buffer.concat(encoded);
      for (let start = 0; start < whole.length; start += room) {
        const isLast = start + room >= whole.length;
        yield frame([whole.subarray(start, start + room)], isLast ? 0 : CONTINUED);
      }
      continue;
    }
    parts.push(...encoded);
    length += encodedLength;
  }
  if (parts.length > 0) yield frame(parts);
}

/** The file that a frame of operations is about. @throws SnapshotSyntaxError */
export function decodeFileName(payload: Buffer): string {
  return payload.toString("utf8", 2, endOfName(payload));
}

/**
 * Puts the operations of a record's frames together again, file by file as they come.
 *
 * @throws SnapshotSyntaxError when they are none
 */
export function* decodeOperations(frames: Iterable<Frame>): Iterable<OperationsFrame> {
  let begun: Buffer[] = [];
  for (const { payload, flags } of frames) {
    const content = payload.subarray(endOfName(payload));
    begun.push(content);
    if ((flags & CONTINUED) !== 0) continue;
    const bytes = begun.length === 1 ? content : Buffer.concat(begun);
    begun = [];
    yield { fileName: decodeFileName(payload), operations: decodeContent(bytes) };
  }
  if (begun.length > 0) throw new SnapshotSyntaxError("an operation ends too early");
}

function encodeName(fileName: string): Buffer {
  const name = Buffer.from(fileName, "utf8");
  const bytes = Buffer.alloc(2 + name.length);
  bytes.writeUInt16LE(name.length);
  name.copy(bytes, 2);
  return bytes;
}

function endOfName(payload: Buffer): number {
  const end = payload.length < 2 ? Number.POSITIVE_INFINITY : 2 + payload.readUInt16LE();
  if (end > payload.length) throw new SnapshotSyntaxError("a frame of operations names no file");
  return end;
}

function encodeOperation({ operation, replaced }: JournaledOperation): Uint8Array[] {
  const key = Buffer.from(operation.key, "utf8");
  const { body } = operation;
  const header = Buffer.alloc(OPERATION_HEADER_BYTES);
  header.writeUInt8(operation.type);
  header.writeUInt8(replaced === null ? 0 : HAS_REPLACED, 1);
  header.writeUInt32LE(replaced ?? 0, 2);
  header.writeUInt32LE(key.length, 6);
  header.writeUInt32LE(body.length, 10);
  return [header, key, body];
}

function decodeContent(bytes: Buffer): JournaledOperation[] {
  const operations: JournaledOperation[] = [];
  for (let position = 0; position < bytes.length;) {
    if (position + OPERATION_HEADER_BYTES > bytes.length)
      throw new SnapshotSyntaxError("an operation is cut");
    const keyStart = position + OPERATION_HEADER_BYTES;
    const bodyStart = keyStart + bytes.readUInt32LE(position + 6);
    const end = bodyStart + bytes.readUInt32LE(position + 10);
    if (end > bytes.length) throw new SnapshotSyntaxError("an operation is cut");
    operations.push({
      operation: {
        type: bytes.readUInt8(position),
        key: bytes.toString("utf8", keyStart, bodyStart),
        body: bytes.subarray(bodyStart, end),
      },
      replaced:
        (bytes.readUInt8(position + 1) & HAS_REPLACED) === 0 ? null : bytes.readUInt32LE(position + 2),
    });
    position = end;
  }
  return operations;
}
