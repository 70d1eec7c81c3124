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
const NO_PREFIX = Buffer.alloc(0);

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
  const frame = (payload: Buffer, flags = 0): Frame => ({
    type: FRAME_TYPES.operations,
    flags,
    sequence,
    payload,
  });
  let batch: JournaledOperation[] = [];
  let length = 0;
  for (const journaled of operations) {
    const own = encodedLength(journaled);
    if (length + own > room && batch.length > 0) {
      yield frame(encodeBatch(prefix, batch, length));
      batch = [];
      length = 0;
    }
    if (own > room) {
      const whole = encodeBatch(NO_PREFIX, [journaled], own);
      for (let start = 0; start < own; start += room) {
        const payload = Buffer.concat([prefix, whole.subarray(start, start + room)]);
        yield frame(payload, start + room >= own ? 0 : CONTINUED);
      }
      continue;
    }
    batch.push(journaled);
    length += own;
  }
  if (batch.length > 0) yield frame(encodeBatch(prefix, batch, length));
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

/** Bytes that operations take in frames, but for what each frame takes itself. */
export function encodedSize(operations: Iterable<JournaledOperation>): number {
  let bytes = 0;
  for (const operation of operations) bytes += encodedLength(operation);
  return bytes;
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

function encodedLength({ operation }: JournaledOperation): number {
  return OPERATION_HEADER_BYTES + Buffer.byteLength(operation.key) + bodyLengthOf(operation);
}

/** A body that is only made when it is asked for is made once. */
function bodyLengthOf(operation: RowOperation): number {
  return operation.bodyLength ?? operation.body.length;
}

/** @param length what the operations take in all */
function encodeBatch(prefix: Buffer, operations: readonly JournaledOperation[], length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(prefix.length + length);
  let position = prefix.copy(bytes);
  for (const { operation, replaced } of operations) {
    const { type, key, body } = operation;
    if (body.length !== bodyLengthOf(operation))
      throw new Error(`The body of ${JSON.stringify(key)} is not as long as it said`);
    const keyLength = bytes.write(key, position + OPERATION_HEADER_BYTES);
    bytes.writeUInt8(type, position);
    bytes.writeUInt8(replaced === null ? 0 : HAS_REPLACED, position + 1);
    bytes.writeUInt32LE(replaced ?? 0, position + 2);
    bytes.writeUInt32LE(keyLength, position + 6);
    bytes.writeUInt32LE(body.length, position + 10);
    const bodyStart = position + OPERATION_HEADER_BYTES + keyLength;
    bytes.set(body, bodyStart);
    position = bodyStart + body.length;
  }
  return bytes;
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
