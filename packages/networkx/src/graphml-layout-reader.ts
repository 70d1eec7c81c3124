import { Buffer, isUtf8 } from "node:buffer";

import { SnapshotSyntaxError } from "@tetrad/file-engine";

import type { AttributeRow } from "./attribute-row.js";
import { type AttributeType, parseExactly } from "./attribute-value.js";
import { type DataLayoutNode, DataLayouts, type FileKey } from "./data-layouts.js";
import type { GraphContent } from "./graph-content.js";
import { GraphMLAttributes } from "./graphml-attributes.js";
import { ELEMENT_TREE, type GraphMLSpelling, LXML } from "./graphml-spelling.js";
import { unescape } from "./graphml-text.js";
import type { Scope } from "./key-table.js";
import type { Vertex } from "./vertex.js";
import { holdsForbiddenCharacter } from "./xml-bytes.js";

const TARGET = ' target="';
const DATA_END = "</data>\n";
const PLAIN_IDENTITY = /^[ !#-%'-;=?-~]*$/;
const UNKNOWN_ENTITY = /&(?!(?:amp|lt|gt|#13);)/;

/**
 * Reads GraphML that is exactly in the layout of one of networkx's writers, one of which is also the
 * one in which it is written here: each element on a line of its own, and no `<` in any text. Rows
 * refer to their lines in the file, which are parsed when asked for. Anything else is refused with a
 * SnapshotSyntaxError.
 */
export class GraphMLLayoutReader {
  readonly #content: GraphContent;
  readonly #isTrusted: boolean;
  #spelling: GraphMLSpelling = ELEMENT_TREE;
  #layouts: DataLayouts | undefined;
  /** Blocks that end inside an element. */
  #rest: Uint8Array[] = [];
  #restLength = 0;
  /** Length from which on it is worth to look again for a whole element. */
  #enough = 0;
  /** What is being read: bytes, the same as one character for each byte, and how far it is read. */
  #bytes: Buffer = Buffer.alloc(0);
  #text = "";
  #position = 0;
  /** Where the next ampersand is; behind what is read already when it is not known. */
  #nextAmpersand = -1;

  /** @param isTrusted whether text is taken to be as it was written: numbers and structure are checked all the same */
  constructor(content: GraphContent, { isTrusted }: { readonly isTrusted: boolean }) {
    this.#content = content;
    this.#isTrusted = isTrusted;
  }

  /** Takes the next block of the file, and keeps it. */
  push(block: Uint8Array): void {
    this.#rest.push(block);
    this.#restLength += block.length;
    if (this.#restLength < this.#enough) return;
    this.#load();
    const end = this.#lastElementStart();
    if (end > 0) {
      this.#checkCharacters(end);
      if (this.#layouts === undefined) this.#readHead();
      this.#readElements(end);
      if (this.#position < end) this.#fail();
      this.#rest = [this.#bytes.subarray(end)];
      this.#restLength -= end;
    }
    // Where an element is longer than many blocks, they are not put together anew for each.
    this.#enough = end > 0 ? 0 : this.#restLength * 2;
  }

  end(): void {
    this.#load();
    this.#checkCharacters(this.#text.length);
    if (this.#layouts !== undefined || this.#readHead() === "graph") {
      this.#readElements(this.#text.length);
      this.#expect(this.#spelling.fileEnd);
    }
    if (this.#position < this.#text.length) this.#fail();
  }

  #load(): void {
    const [first] = this.#rest;
    this.#bytes =
      this.#rest.length === 1 && first !== undefined
        ? Buffer.from(first.buffer, first.byteOffset, first.length)
        : Buffer.concat(this.#rest);
    this.#rest = [this.#bytes];
    this.#text = this.#bytes.toString("latin1");
    this.#position = 0;
    this.#nextAmpersand = -1;
  }

  /** Where the last element begins: what is before it is whole. 0 where none does. */
  #lastElementStart(): number {
    if (this.#layouts === undefined) this.#chooseSpelling();
    const { elementStart } = this.#spelling;
    let start = this.#text.lastIndexOf(elementStart);
    while (start > 0 && !/[ne]/.test(this.#text.charAt(start + elementStart.length)))
      start = this.#text.lastIndexOf(elementStart, start - 1);
    return start + 1;
  }

  #checkCharacters(end: number): void {
    if (!isUtf8(this.#bytes.subarray(0, end))) this.#fail();
    const isWrong = this.#isTrusted
      ? this.#text.includes("\r")
      : holdsForbiddenCharacter(this.#bytes, this.#text);
    if (isWrong) this.#fail();
  }

  /** The one begins with all that the other begins with, and a line feed. */
  #chooseSpelling(): void {
    this.#spelling = this.#text.startsWith(ELEMENT_TREE.header) ? ELEMENT_TREE : LXML;
  }

  #readHead(): "empty" | "graph" {
    this.#chooseSpelling();
    const { header, emptyGraph, graphStart } = this.#spelling;
    this.#expect(header);
    this.#layouts = new DataLayouts(this.#spelling, this.#readKeys(), this.#content.shapes);
    if (this.#take(emptyGraph)) return "empty";
    this.#expect(graphStart);
    return "graph";
  }

  /** In the order of their ids; the file has the last one first. */
  #readKeys(): FileKey[] {
    const keys: FileKey[] = [];
    const { keyLine } = this.#spelling;
    keyLine.lastIndex = this.#position;
    for (let match = keyLine.exec(this.#text); match !== null; match = keyLine.exec(this.#text)) {
      const [line, id = "", scope, name = "", type = ""] = match;
      const spelt = `${type.charAt(0)}${this.#decodeIdentity(name)}`;
      keys.push({ id, scope: scope === "node" ? "node" : "edge", spelt });
      this.#position += line.length;
    }
    keys.reverse();
    if (keys.some(({ id }, index) => id !== `d${index}`)) this.#fail();
    return keys;
  }

  #readElements(end: number): void {
    while (this.#position < end) {
      if (this.#take(this.#spelling.node)) this.#readNode();
      else if (this.#take(this.#spelling.edge)) this.#readEdge();
      else return;
    }
  }

  #readNode(): void {
    const id = this.#readIdentity();
    const { size } = this.#content.nodes;
    this.#content.insertNode(copyOf(id), this.#readAttributes("node"));
    if (this.#content.nodes.size === size) this.#fail();
  }

  #readEdge(): void {
    const source = this.#readEnd();
    this.#expect(TARGET);
    const target = this.#readEnd();
    // An edge that is there twice is not written.
    if (source.isNeighbourOf(target)) this.#fail();
    this.#content.insertEdge({ source, target, attributes: this.#readAttributes("edge") });
  }

  /** Nodes come before their edges. */
  #readEnd(): Vertex {
    return this.#content.nodes.get(this.#readIdentity())?.vertex ?? this.#fail();
  }

  /** The rest of a node's or an edge's lines. */
  #readAttributes(scope: Scope): AttributeRow {
    let layout = this.#layoutsOf(scope);
    if (this.#take(this.#spelling.emptyElement)) return new GraphMLAttributes(layout, this.#bytes, 0, 0);
    this.#expect(">\n");
    const start = this.#position;
    for (let next = this.#readKey(layout); next !== undefined; next = this.#readKey(layout)) {
      layout = next;
      this.#readValue(layout.shape.last?.type ?? "string");
    }
    const end = this.#position;
    if (start === end) this.#fail();
    this.#expect(this.#spelling.elementEnd[scope]);
    return new GraphMLAttributes(layout, this.#bytes, start, end);
  }

  #layoutsOf(scope: Scope): DataLayoutNode {
    if (this.#layouts === undefined) return this.#fail();
    return this.#layouts[scope];
  }

  /** Reads the beginning of a data element up to the quotation mark behind the id of its key; `undefined` where there is none. */
  #readKey(layout: DataLayoutNode): DataLayoutNode | undefined {
    const { likely } = layout;
    if (likely !== undefined && this.#take(likely.start)) return likely.layout;
    if (!this.#take(this.#spelling.dataStart)) return undefined;
    const end = this.#text.indexOf('"', this.#position);
    // Ids are short; a longer one is not looked up.
    const next = end - this.#position > 10 ? undefined : layout.next(this.#text.slice(this.#position, end));
    if (next === undefined) return this.#fail();
    this.#position = end + 1;
    return next;
  }

  #readValue(type: AttributeType): void {
    if (this.#take(this.#spelling.emptyData)) {
      if (type !== "string") this.#fail();
      return;
    }
    this.#expect(">");
    const end = this.#text.indexOf("<", this.#position);
    if (end <= this.#position) this.#fail();
    if (type !== "string") parseExactly(type, this.#text.slice(this.#position, end));
    else if (!this.#isTrusted && !this.#isEscaped(end)) this.#fail();
    this.#position = end;
    this.#expect(DATA_END);
  }

  /** Whether the text up to there is as it would be written. */
  #isEscaped(end: number): boolean {
    // The next one is the one of the tag behind the text.
    if (this.#text.indexOf(">", this.#position) !== end + DATA_END.length - "\n".length - 1) return false;
    if (this.#nextAmpersand < this.#position) this.#nextAmpersand = this.#findAmpersand();
    return this.#nextAmpersand >= end || !UNKNOWN_ENTITY.test(this.#text.slice(this.#position, end));
  }

  #findAmpersand(): number {
    const place = this.#text.indexOf("&", this.#position);
    return place < 0 ? this.#text.length : place;
  }

  /** Reads an id, up to the quotation mark behind it. */
  #readIdentity(): string {
    const end = this.#text.indexOf('"', this.#position);
    if (end < 0) this.#fail();
    const raw = this.#text.slice(this.#position, end);
    this.#position = end + 1;
    return PLAIN_IDENTITY.test(raw) ? raw : this.#decodeIdentity(raw);
  }

  /** @param raw bytes of UTF-8, each as a character */
  #decodeIdentity(raw: string): string {
    const escaped = Buffer.from(raw, "latin1").toString();
    const text = unescape(escaped);
    if (this.#spelling.escapeAttribute(text) !== escaped) this.#fail();
    return text;
  }

  #take(literal: string): boolean {
    if (!this.#text.startsWith(literal, this.#position)) return false;
    this.#position += literal.length;
    return true;
  }

  #expect(literal: string): void {
    if (!this.#take(literal)) this.#fail();
  }

  #fail(): never {
    throw new SnapshotSyntaxError("it is in no layout of networkx's writers");
  }
}

/** A string of its own: a part of a longer one would keep all of that in memory. */
function copyOf(part: string): string {
  return Buffer.from(part, "utf16le").toString("utf16le");
}
