import { crc32 } from "node:zlib";

import { SnapshotSyntaxError } from "../files/io-errors.js";
import { type Frame, FRAME_TYPES, type FrameType } from "./journal-format.js";

/** A file's content, told apart from any other. */
export interface SnapshotContent {
  readonly size: number;
  /** CRC-32; of a snapshot of several files, over what its parts are. */
  readonly checksum: number;
  /** What each of several files holds, in the order in which they are replaced; `null` for one that is not there. */
  readonly parts?: readonly (SnapshotContent | null)[];
}

/** What is known of a snapshot. */
export interface Mark {
  readonly fileName: string;
  /** The other files of the snapshot, where it has several. */
  readonly companions: readonly string[];
  /** `null` where there is no file. */
  readonly content: SnapshotContent | null;
  /** The last record whose operations the file holds, as far as they were on it. */
  readonly foldedThrough: number;
  /** The file's identity when it was last looked at: while that is the same, so is the content. */
  readonly identity: string | null;
  /** The content it took the place of, where it comes from that and the journal alone. */
  readonly base: SnapshotContent | null | undefined;
  /** What its format keeps of it that has no place in the file. */
  readonly note?: string | undefined;
}

/** A snapshot that takes the place of another one, as a record of a publish names it. */
export interface PublishedFile {
  readonly fileName: string;
  /** The other files of the snapshot, which are replaced after it, in this order. */
  readonly companions: readonly string[];
  /** `null`: the file is removed. */
  readonly content: SnapshotContent | null;
  readonly foldedThrough: number;
  /** The content it replaces; `null` where there was no file. */
  readonly base: SnapshotContent | null;
  /** Whether it comes from the base and the journal alone; else it is read anew by whoever has it open. */
  readonly isPure: boolean;
  /** Whether the journal holds as operations all that it has beyond the base. */
  readonly isComplete: boolean;
  /** Names of the new files until they have their places; `null` for a snapshot that is removed. */
  readonly stagedNames: readonly string[] | null;
  /** What its format keeps of it that has no place in the file. */
  readonly note?: string | undefined;
}

export function sameContent(
  a: SnapshotContent | null | undefined,
  b: SnapshotContent | null | undefined,
): boolean {
  if (a === null || b === null || a === undefined || b === undefined) return a === b;
  return a.size === b.size && a.checksum === b.checksum;
}

/** What several files hold together; the content of a single one is its own. */
export function combineContents(parts: readonly (SnapshotContent | null)[]): SnapshotContent | null {
  const [first = null] = parts;
  if (parts.length === 1) return first;
  if (parts.every((part) => part === null)) return null;
  const size = parts.reduce((sum, part) => sum + (part?.size ?? 0), 0);
  const text = parts.map((part) => (part === null ? "-" : `${part.size}:${part.checksum}`)).join();
  return { size, checksum: crc32(text), parts };
}

export function partsOf(content: SnapshotContent | null): readonly (SnapshotContent | null)[] {
  return content?.parts ?? [content];
}

export function markFrame(mark: Mark, sequence: number): Frame {
  return jsonFrame(FRAME_TYPES.mark, mark, sequence);
}

export function publishFrame(files: readonly PublishedFile[], sequence: number): Frame {
  return jsonFrame(FRAME_TYPES.publish, files, sequence);
}

/** @throws SnapshotSyntaxError */
export function decodeMark({ payload }: Frame): Mark {
  const fields = decodeObject(parse(payload));
  return {
    fileName: decodeFileName(fields["fileName"]),
    companions: decodeFileNames(fields["companions"] ?? []),
    content: decodeContent(fields["content"]),
    foldedThrough: decodeCount(fields["foldedThrough"]),
    identity: typeof fields["identity"] === "string" ? fields["identity"] : null,
    base: fields["base"] === undefined ? undefined : decodeContent(fields["base"]),
    note: decodeNote(fields["note"]),
  };
}

/** @throws SnapshotSyntaxError */
export function decodePublish({ payload }: Frame): PublishedFile[] {
  const files = parse(payload);
  if (!Array.isArray(files)) throw new SnapshotSyntaxError("a publish is no list of files");
  return files.map((file) => {
    const fields = decodeObject(file);
    return {
      fileName: decodeFileName(fields["fileName"]),
      companions: decodeFileNames(fields["companions"] ?? []),
      content: decodeContent(fields["content"]),
      foldedThrough: decodeCount(fields["foldedThrough"]),
      base: decodeContent(fields["base"]),
      isPure: fields["isPure"] === true,
      isComplete: fields["isComplete"] === true,
      stagedNames: fields["stagedNames"] === null ? null : decodeFileNames(fields["stagedNames"]),
      note: decodeNote(fields["note"]),
    };
  });
}

function jsonFrame(type: FrameType, value: unknown, sequence: number): Frame {
  return { type, flags: 0, sequence, payload: Buffer.from(JSON.stringify(value), "utf8") };
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString("utf8"));
  } catch (cause) {
    throw new SnapshotSyntaxError("a frame is not JSON", { cause });
  }
}

function decodeObject(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null)
    throw new SnapshotSyntaxError("a frame describes no snapshot");
  return { ...value };
}

/** A name, never a path: what is named stands in the workspace's folders. */
function decodeFileName(value: unknown): string {
  if (typeof value === "string" && value !== "" && value !== "." && value !== ".." && !/[/\\\0]/.test(value))
    return value;
  throw new SnapshotSyntaxError("a frame names no file");
}

function decodeFileNames(value: unknown): string[] {
  if (!Array.isArray(value))
    throw new SnapshotSyntaxError("a frame holds no names where there should be some");
  return value.map(decodeFileName);
}

function decodeContent(value: unknown): SnapshotContent | null {
  if (value === null) return null;
  const fields = decodeObject(value);
  const content = { size: decodeCount(fields["size"]), checksum: decodeCount(fields["checksum"]) };
  const parts = fields["parts"];
  return Array.isArray(parts) ? { ...content, parts: parts.map(decodeContent) } : content;
}

function decodeNote(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function decodeCount(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new SnapshotSyntaxError("a frame holds no count where there should be one");
}
