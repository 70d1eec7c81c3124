import { crc32 } from "node:zlib";

/**
 * The binary form of a journal. All numbers are little-endian.
 *
 * File header, 64 bytes: "TETRADJ1", version (u32), 0 (u32), journal id (16 bytes), generation (u64),
 * id of the journal before (16 bytes), 0 (u32), CRC-32 of the 60 bytes before it.
 *
 * Then frames: a header of 32 bytes, "TFRM", type (u8), flags (u8), 0 (u16), payload length (u32),
 * sequence of the record (u64), CRC-32 of the payload, 0 (u32), CRC-32 of the 28 bytes before it,
 * begun with the first four bytes of the journal's id; and the payload. So nothing that a record's
 * text holds, and no block of an older journal, can be taken for a frame.
 *
 * The frames of one commit have one sequence and end with a frame of type `commit`: they are one
 * record, which counts as a whole or not at all.
 */
export const JOURNAL_VERSION = 1;
export const JOURNAL_HEADER_BYTES = 64;
export const FRAME_HEADER_BYTES = 32;
/** Payloads are at most this long. */
export const LONGEST_PAYLOAD = 8 * 1024 * 1024;

const JOURNAL_MAGIC = Buffer.from("TETRADJ1", "latin1");
const FRAME_MAGIC = Buffer.from("TFRM", "latin1");

export const FRAME_TYPES = {
  /** Operations on one snapshot. */
  operations: 1,
  /** What a snapshot is known to be. */
  mark: 2,
  /** Snapshots that replace others. The last record of its journal. */
  publish: 3,
  /** The end of a record. Payload: number of its other frames (u32). */
  commit: 4,
  /** The end of what a journal took over from the one before. Without it the journal does not count. */
  ready: 5,
} as const;

export type FrameType = (typeof FRAME_TYPES)[keyof typeof FRAME_TYPES];

/** Set in all but the last of the frames that an operation longer than a payload is cut into. */
export const CONTINUED = 1;

export interface JournalHeader {
  readonly version: number;
  readonly id: string;
  /** Grows with each journal of a workspace. */
  readonly generation: number;
  /** The journal before; zeros for the first one. */
  readonly previousId: string;
}

export interface Frame {
  readonly type: FrameType;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Buffer;
}

export interface FrameHeader extends Omit<Frame, "payload"> {
  readonly length: number;
  readonly payloadChecksum: number;
}

export const NO_JOURNAL = "0".repeat(32);

export function encodeJournalHeader(header: Omit<JournalHeader, "version">): Buffer {
  const bytes = Buffer.alloc(JOURNAL_HEADER_BYTES);
  JOURNAL_MAGIC.copy(bytes);
  bytes.writeUInt32LE(JOURNAL_VERSION, 8);
  bytes.write(header.id, 16, "hex");
  bytes.writeBigUInt64LE(BigInt(header.generation), 32);
  bytes.write(header.previousId, 40, "hex");
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
  return bytes;
}

/** @returns `null` for bytes that are no header, or a damaged one */
export function decodeJournalHeader(bytes: Buffer): JournalHeader | null {
  if (bytes.length < JOURNAL_HEADER_BYTES || !bytes.subarray(0, 8).equals(JOURNAL_MAGIC)) return null;
  if (crc32(bytes.subarray(0, 60)) !== bytes.readUInt32LE(60)) return null;
  return {
    version: bytes.readUInt32LE(8),
    id: bytes.toString("hex", 16, 32),
    generation: Number(bytes.readBigUInt64LE(32)),
    previousId: bytes.toString("hex", 40, 56),
  };
}

/** What the checksums of frame headers begin with in the journal of that id. */
export function frameSeed(journalId: string): number {
  return Number.parseInt(journalId.slice(0, 8), 16);
}

/** The header of a frame; the payload follows it. */
export function encodeFrameHeader(frame: Frame, seed: number): Buffer {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES);
  FRAME_MAGIC.copy(bytes);
  bytes.writeUInt8(frame.type, 4);
  bytes.writeUInt8(frame.flags, 5);
  bytes.writeUInt32LE(frame.payload.length, 8);
  bytes.writeBigUInt64LE(BigInt(frame.sequence), 12);
  bytes.writeUInt32LE(crc32(frame.payload), 20);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 28), seed), 28);
  return bytes;
}

/** @returns `null` for bytes that are no header, or a damaged one */
export function decodeFrameHeader(bytes: Buffer, seed: number): FrameHeader | null {
  if (bytes.length < FRAME_HEADER_BYTES || !bytes.subarray(0, 4).equals(FRAME_MAGIC)) return null;
  if (crc32(bytes.subarray(0, 28), seed) !== bytes.readUInt32LE(28)) return null;
  const type = bytes.readUInt8(4);
  const length = bytes.readUInt32LE(8);
  if (!isFrameType(type) || length > LONGEST_PAYLOAD) return null;
  return {
    type,
    flags: bytes.readUInt8(5),
    length,
    sequence: Number(bytes.readBigUInt64LE(12)),
    payloadChecksum: bytes.readUInt32LE(20),
  };
}

/** Where in bytes a frame header may begin, from a position on; -1 when nowhere. */
export function findFrameMagic(bytes: Buffer, from: number): number {
  return bytes.indexOf(FRAME_MAGIC, from);
}

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(FRAME_TYPES));

function isFrameType(type: number): type is FrameType {
  return KNOWN_TYPES.has(type);
}
