import { TextDecoder } from "node:util";

import { SnapshotSyntaxError } from "@tetrad/file-engine";
import { SaxesParser, type SaxesTagPlain } from "saxes";

import { parseAttribute, type StoredAttribute } from "./attribute-value.js";
import { EncodedAttributes } from "./encoded-attributes.js";
import type { GraphContent } from "./graph-content.js";

interface Key {
  readonly name: string;
  readonly type: string;
}

/** An element whose data is being read: a node, an edge, or the graph itself. */
interface Holder {
  readonly element: "node" | "edge" | "graph";
  readonly tag: SaxesTagPlain;
  readonly attributes: Map<string, StoredAttribute>;
}

/** Data that came before its key. */
interface LateData {
  readonly holder: Holder;
  readonly key: string;
  readonly text: string;
}

/**
 * Reads GraphML as networkx does, in either layout of its writers (ElementTree, lxml), while the
 * file comes in. No DTD: no entities but XML's own five. A graph with directed or repeated edges,
 * on which LightRAG fails, is read as the undirected graph it stands for.
 */
export class GraphMLParser {
  readonly #content: GraphContent;
  readonly #parser = new SaxesParser({ xmlns: false, position: false });
  readonly #keys = new Map<string, Key>();
  readonly #late: LateData[] = [];
  readonly #holders: Holder[] = [];
  /** The `key` of the data element being read, and its text so far. */
  #dataKey: string | null = null;
  #text = "";
  #depth = 0;
  #graphs = 0;

  constructor(content: GraphContent) {
    this.#content = content;
    this.#parser.on("error", (error) => {
      throw new SnapshotSyntaxError(`it is not well-formed XML: ${error.message}`);
    });
    this.#parser.on("doctype", () => {
      throw new SnapshotSyntaxError("it has a document type declaration, which GraphML has not");
    });
    this.#parser.on("opentag", (tag) => this.#open(tag));
    this.#parser.on("closetag", (tag) => this.#close(tag));
    this.#parser.on("text", (text) => this.#addText(text));
    this.#parser.on("cdata", (text) => this.#addText(text));
  }

  /** @throws SnapshotSyntaxError when the file is no GraphML, or not all of it */
  async read(blocks: AsyncIterable<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    for await (const block of blocks) this.#parser.write(decode(decoder, block));
    this.#parser.write(decode(decoder));
    this.#parser.close();
    if (this.#graphs === 0) throw new SnapshotSyntaxError("it holds no graph");
    for (const { holder, key, text } of this.#late) {
      const attributes = new Map<string, StoredAttribute>();
      this.#setData(attributes, key, text);
      this.#merge({ ...holder, attributes });
    }
  }

  #open(tag: SaxesTagPlain): void {
    const name = localName(tag);
    if (this.#depth === 0 && name !== "graphml")
      throw new SnapshotSyntaxError(`its root is ${name}, not graphml`);
    this.#depth += 1;
    switch (name) {
      case "key":
        this.#addKey(tag.attributes);
        break;
      case "graph":
        this.#graphs += 1;
        if (this.#graphs > 1) throw new SnapshotSyntaxError("it holds more than one graph");
        this.#holders.push({ element: name, tag, attributes: new Map() });
        break;
      case "node":
      case "edge":
        this.#holders.push({ element: name, tag, attributes: new Map() });
        break;
      case "data":
        this.#dataKey = tag.attributes["key"] ?? "";
        this.#text = "";
        break;
      case "hyperedge":
        throw new SnapshotSyntaxError("it holds hyperedges");
      default:
    }
  }

  #addKey({ id = "", "attr.name": name = id, "attr.type": type = "string" }: Record<string, string>): void {
    this.#keys.set(id, { name, type });
  }

  #close(tag: SaxesTagPlain): void {
    this.#depth -= 1;
    switch (localName(tag)) {
      case "data":
        this.#closeData();
        break;
      case "graph":
        this.#holders.pop();
        break;
      case "node":
      case "edge":
        this.#closeHolder(this.#holders.pop());
        break;
      default:
    }
  }

  #addText(text: string): void {
    if (this.#dataKey !== null) this.#text += text;
  }

  #closeData(): void {
    const holder = this.#holders.at(-1);
    if (holder !== undefined && this.#dataKey !== null) {
      if (this.#keys.has(this.#dataKey)) this.#setData(holder.attributes, this.#dataKey, this.#text);
      else this.#late.push({ holder, key: this.#dataKey, text: this.#text });
    }
    this.#dataKey = null;
  }

  #setData(target: Map<string, StoredAttribute>, keyId: string, text: string): void {
    const key = this.#keys.get(keyId);
    if (key === undefined)
      throw new SnapshotSyntaxError(`data refers to the key ${JSON.stringify(keyId)}, which is not there`);
    target.set(key.name, parseAttribute(key.type, text));
  }

  #closeHolder(holder: Holder | undefined): void {
    if (holder === undefined) return;
    const { id } = holder.tag.attributes;
    // networkx takes an edge's own id for an attribute.
    if (holder.element === "edge" && id !== undefined) holder.attributes.set("id", id);
    this.#merge(holder);
  }

  #merge({ element, tag, attributes }: Holder): void {
    if (element === "graph") return;
    const given = EncodedAttributes.of(attributes, this.#content.shapes);
    if (element === "node") this.#content.mergeNode(required(tag, "id"), given);
    else this.#content.mergeEdge(required(tag, "source"), required(tag, "target"), given);
  }
}

function required(tag: SaxesTagPlain, attribute: string): string {
  const value = tag.attributes[attribute];
  if (value === undefined) throw new SnapshotSyntaxError(`an element ${tag.name} has no ${attribute}`);
  return value;
}

function localName(tag: SaxesTagPlain): string {
  return tag.name.slice(tag.name.indexOf(":") + 1);
}

function decode(decoder: TextDecoder, block?: Uint8Array): string {
  try {
    return block === undefined ? decoder.decode() : decoder.decode(block, { stream: true });
  } catch {
    throw new SnapshotSyntaxError("it is not UTF-8");
  }
}
