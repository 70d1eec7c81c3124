import { crc32 } from "node:zlib";

import { parseJson } from "@tetrad/core/plugin";
import { type SnapshotSource, SnapshotSyntaxError } from "@tetrad/file-engine";
import { parseRow, RowTexts } from "@tetrad/file-engine/vectors";

import { ByteWindow } from "./byte-window.js";
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipWhitespace,
  valueEnd,
} from "./json-bytes.js";
import { MatrixDecoder } from "./matrix-base64.js";
import type { NanoContent } from "./nano-content.js";
import { NanoRow } from "./nano-row.js";
import { RowScanner } from "./row-scanner.js";
import { VectorText } from "./vector-text.js";

/** Throws where the vectors of a file are not of the space that they are read for. */
export type SpaceCheck = (dimension: number, modelName: string | undefined) => void;

const BYTE_ORDER_MARK = Buffer.from("\uFEFF");

/**
 * Reads LightRAG's `vdb_<namespace>.json` in one pass. Rows are split by quotes and brackets in any
 * case; unless the file is our own, each is parsed as well, to see that it is what it seems.
 */
export class NanoFileReader {
  readonly #window: ByteWindow;
  readonly #content: NanoContent;
  readonly #isOwn: boolean;
  readonly #checkSpace: SpaceCheck;
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  readonly #scanner = new RowScanner();
  readonly #texts = new RowTexts();
  readonly #rowIds: string[] = [];
  #dimension: number | undefined;
  #vectors = 0;

  constructor(source: SnapshotSource, content: NanoContent, checkSpace: SpaceCheck) {
    this.#window = new ByteWindow(source.blocks);
    this.#isOwn = source.isOwn;
    this.#content = content;
    this.#checkSpace = checkSpace;
    content.file = source.file;
  }

  /** @throws SnapshotSyntaxError or SyntaxError where it is something else; what the check throws */
  async read(): Promise<void> {
    await this.#skipByteOrderMark();
    await this.#expect(OPEN_BRACE);
    if (!(await this.#takeIf(CLOSE_BRACE))) {
      do await this.#readMember(await this.#readName());
      while (await this.#takeIf(COMMA));
      await this.#expect(CLOSE_BRACE);
    }
    if ((await this.#peek()) !== undefined) this.#window.fail("something follows the end of the JSON text");
    if (this.#vectors !== this.#rowIds.length) {
      throw new SnapshotSyntaxError(`it has ${this.#rowIds.length} rows, but ${this.#vectors} vectors`);
    }
    if (this.#vectors > 0) this.#checkSpace(this.#content.index.dimension, this.#content.modelName);
  }

  async #readMember(name: string): Promise<void> {
    switch (name) {
      case "embedding_dim":
        this.#dimension = checkDimension(parseJson(await this.#readText()));
        break;
      case "data":
        await this.#readRows();
        break;
      case "matrix":
        await this.#readMatrix();
        break;
      default: {
        const text = await this.#readText();
        if (!this.#isOwn) parseJson(text);
        this.#content.members.set(name, { text });
      }
    }
  }

  async #readRows(): Promise<void> {
    await this.#expect(OPEN_BRACKET);
    if (await this.#takeIf(CLOSE_BRACKET)) return;
    while (!this.#takeRows()) await this.#window.fill();
  }

  /** Takes the rows that are there as a whole. @returns whether the last one was among them */
  #takeRows(): boolean {
    const { bytes } = this.#window;
    for (;;) {
      const start = skipWhitespace(bytes, this.#window.position);
      if (start >= bytes.length || !this.#scanner.scan(bytes, start)) return false;
      const delimiter = skipWhitespace(bytes, this.#scanner.end);
      if (delimiter >= bytes.length) return false;
      const isLast = bytes[delimiter] === CLOSE_BRACKET;
      if (!isLast && bytes[delimiter] !== COMMA)
        this.#window.fail('found neither "," nor "]" after a row', delimiter);
      this.#addRow(bytes, start);
      this.#window.position = delimiter + 1;
      if (isLast) return true;
    }
  }

  #addRow(bytes: Buffer, start: number): void {
    const { end, isOdd, vectorStart, vectorEnd } = this.#scanner;
    const id =
      isOdd || !this.#isOwn ? parseRow(this.#decode(bytes.subarray(start, end))).id : this.#scannedId(bytes);
    this.#rowIds.push(id);
    if (isOdd || vectorStart === -1) {
      this.#content.rows.set(id, new NanoRow(this.#texts.add(bytes, start, end), end - start, undefined));
      return;
    }
    const position = this.#window.base + vectorStart;
    const crc = crc32(bytes.subarray(vectorStart, vectorEnd));
    const text = VectorText.at(position, vectorEnd - vectorStart, crc);
    const place = this.#texts.add(bytes, start, end, vectorStart, vectorEnd);
    this.#content.rows.set(id, new NanoRow(place, vectorStart - start, text));
  }

  #scannedId(bytes: Buffer): string {
    const { idStart, idEnd } = this.#scanner;
    if (idStart === -1) throw new SnapshotSyntaxError('a row has no "__id__"');
    const id = bytes.toString("utf8", idStart, idEnd);
    return id.includes("\\") ? (JSON.parse(`"${id}"`) as string) : id;
  }

  async #readMatrix(): Promise<void> {
    const dimension = this.#dimension;
    if (dimension === undefined) throw new SnapshotSyntaxError("matrix comes before embedding_dim");
    // An empty store has no vector space yet, whatever dimension it was made for.
    if (this.#rowIds.length > 0) this.#checkSpace(dimension, undefined);
    const decoder = new MatrixDecoder(dimension, (rows) => this.#addVectors(rows, dimension));
    await this.#expect(QUOTE);
    while (!this.#takeMatrix(decoder)) await this.#window.fill();
    decoder.end();
  }

  /** Takes what is there of the matrix. @returns whether it ended */
  #takeMatrix(decoder: MatrixDecoder): boolean {
    const { bytes, position } = this.#window;
    const quote = bytes.indexOf(QUOTE, position);
    const end = quote === -1 ? bytes.length : quote;
    if (!this.#isOwn && bytes.subarray(position, end).includes(BACKSLASH))
      this.#window.fail("the matrix has escapes where none are expected");
    decoder.push(bytes.subarray(position, end));
    this.#window.position = quote === -1 ? end : end + 1;
    return quote !== -1;
  }

  #addVectors(vectors: Float32Array, dimension: number): void {
    const ids = this.#rowIds.slice(this.#vectors, this.#vectors + vectors.length / dimension);
    this.#vectors += vectors.length / dimension;
    // Too many vectors are reported when all are counted.
    this.#content.placeVectors(ids, vectors.subarray(0, ids.length * dimension));
  }

  async #readName(): Promise<string> {
    const text = await this.#readText();
    if (!text.startsWith('"')) this.#window.fail("found something else where a name was expected");
    await this.#expect(COLON);
    return parseJson(text) as string;
  }

  /** Reads any value as the text it has. */
  async #readText(): Promise<string> {
    await this.#peek();
    for (;;) {
      const { bytes, position } = this.#window;
      const end = valueEnd(bytes, position);
      if (end !== -1) {
        this.#window.position = end;
        return this.#decode(bytes.subarray(position, end));
      }
      await this.#window.fill();
    }
  }

  async #expect(byte: number): Promise<void> {
    if (await this.#takeIf(byte)) return;
    const found = await this.#peek();
    const expected = JSON.stringify(String.fromCharCode(byte));
    this.#window.fail(
      found === undefined ? "it ends too early" : `found byte ${found} where ${expected} was expected`,
    );
  }

  async #takeIf(byte: number): Promise<boolean> {
    if ((await this.#peek()) !== byte) return false;
    this.#window.position += 1;
    return true;
  }

  /** The next byte that is no whitespace, `undefined` at the end. */
  async #peek(): Promise<number | undefined> {
    do {
      this.#window.position = skipWhitespace(this.#window.bytes, this.#window.position);
      const byte = this.#window.bytes[this.#window.position];
      if (byte !== undefined) return byte;
    } while (await this.#window.tryFill());
    return undefined;
  }

  async #skipByteOrderMark(): Promise<void> {
    while (this.#window.bytes.length < BYTE_ORDER_MARK.length && (await this.#window.tryFill()));
    if (this.#window.bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK))
      this.#window.position = BYTE_ORDER_MARK.length;
  }

  #decode(bytes: Buffer): string {
    try {
      return this.#utf8.decode(bytes);
    } catch {
      return this.#window.fail("it is not UTF-8");
    }
  }
}

function checkDimension(dimension: unknown): number {
  if (!Number.isSafeInteger(dimension) || Number(dimension) < 1)
    throw new SnapshotSyntaxError("embedding_dim is no dimension");
  return Number(dimension);
}
