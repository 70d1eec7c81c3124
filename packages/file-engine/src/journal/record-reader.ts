import { crc32 } from "node:zlib";

import type { OpenFile } from "../files/file-system.js";
import { SnapshotSyntaxError } from "../files/io-errors.js";
import {
  decodeFrameHeader,
  FRAME_HEADER_BYTES,
  FRAME_TYPES,
  type Frame,
  findFrameMagic,
} from "./journal-format.js";

const BLOCK_BYTES = 1 << 20;

/** A frame with where it stands. */
export interface LocatedFrame extends Frame {
  readonly position: number;
}

/** The frames of one commit, without the one that ends it. */
export interface JournalRecord {
  readonly sequence: number;
  readonly frames: readonly LocatedFrame[];
  /** Where the next record begins. */
  readonly end: number;
  /**
   * For the end of what the journal took over from the one before: the length up to which that one
   * counts. `null` for any other record.
   */
  readonly previousLength: number | null;
}

export interface ReadRange {
  readonly from: number;
  readonly to: number;
  /** The last record before; the next ones have higher numbers. */
  readonly sequence: number;
  readonly seed: number;
}

/**
 * Reads whole records until the end of the range, or until something that is no whole record. Where
 * the last one ends before the range does, the rest is torn, or damaged.
 */
export async function* readRecords(file: OpenFile, range: ReadRange): AsyncIterable<JournalRecord> {
  let frames: LocatedFrame[] = [];
  let { sequence } = range;
  for await (const frame of readFrames(file, range)) {
    const end = frame.position + FRAME_HEADER_BYTES + frame.payload.length;
    if (frame.type === FRAME_TYPES.ready) {
      if (frames.length > 0 || frame.sequence < sequence || frame.payload.length !== 8) return;
      sequence = frame.sequence;
      yield { sequence, frames, end, previousLength: Number(frame.payload.readBigUInt64LE()) };
      continue;
    }
    const begun = frames[0]?.sequence;
    if (begun === undefined ? frame.sequence <= sequence : frame.sequence !== begun) return;
    if (frame.type !== FRAME_TYPES.commit) {
      frames.push(frame);
      continue;
    }
    if (frame.payload.length < 4 || frame.payload.readUInt32LE() !== frames.length) return;
    sequence = frame.sequence;
    yield { sequence, frames, end, previousLength: null };
    frames = [];
  }
}

/** Whether a whole frame of a later record stands anywhere in the range: then what is before it was whole once. */
export async function holdsLaterFrame(file: OpenFile, range: ReadRange): Promise<boolean> {
  const bytes = await readBytes(file, range.from, range.to - range.from);
  for (let at = findFrameMagic(bytes, 0); at !== -1; at = findFrameMagic(bytes, at + 1)) {
    const header = decodeFrameHeader(bytes.subarray(at), range.seed);
    if (header === null || header.sequence <= range.sequence) continue;
    const payload = bytes.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + header.length);
    if (payload.length === header.length && crc32(payload) === header.payloadChecksum) return true;
  }
  return false;
}

/** Reads the frame at a position. @throws SnapshotSyntaxError where there is none */
export async function readFrame(file: OpenFile, position: number, seed: number): Promise<Frame> {
  const header = decodeFrameHeader(await readBytes(file, position, FRAME_HEADER_BYTES), seed);
  if (header !== null) {
    const payload = await readBytes(file, position + FRAME_HEADER_BYTES, header.length);
    if (payload.length === header.length && crc32(payload) === header.payloadChecksum)
      return { type: header.type, flags: header.flags, sequence: header.sequence, payload };
  }
  throw new SnapshotSyntaxError(`there is no frame at byte ${position}, where there was one`);
}

/** Frames one after another, until something that is none. Their payloads are the caller's to keep. */
async function* readFrames(file: OpenFile, { from, to, seed }: ReadRange): AsyncIterable<LocatedFrame> {
  let block: Buffer = Buffer.alloc(0);
  let blockStart = from;
  for (let position = from; position + FRAME_HEADER_BYTES <= to;) {
    if (position + FRAME_HEADER_BYTES > blockStart + block.length) {
      block = await readBytes(file, position, Math.min(BLOCK_BYTES, to - position));
      blockStart = position;
    }
    const header = decodeFrameHeader(block.subarray(position - blockStart), seed);
    if (header === null) return;
    const start = position + FRAME_HEADER_BYTES;
    const end = start + header.length;
    if (end > to) return;
    if (end > blockStart + block.length) {
      block = await readBytes(file, start, Math.min(Math.max(BLOCK_BYTES, header.length), to - start));
      blockStart = start;
    }
    const payload = block.subarray(start - blockStart, end - blockStart);
    if (payload.length < header.length || crc32(payload) !== header.payloadChecksum) return;
    yield { type: header.type, flags: header.flags, sequence: header.sequence, payload, position };
    position = end;
  }
}

/** Up to so many bytes from a position on; fewer where the file ends. */
export async function readBytes(file: OpenFile, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const read = await file.read(bytes.subarray(filled), position + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled === length ? bytes : bytes.subarray(0, filled);
}
