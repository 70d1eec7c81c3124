import type { Buffer } from "node:buffer";

import type { AttributeRow } from "./attribute-row.js";
import type { AttributeShape } from "./attribute-shape.js";
import type { GraphMLSpelling } from "./graphml-spelling.js";
import { unescape } from "./graphml-text.js";

/** Which keys the data of an element refers to, in a file that was read by its layout. */
export interface DataLayout {
  readonly spelling: GraphMLSpelling;
  readonly shape: AttributeShape;
  /** Their ids, aligned to the shape's keys. */
  readonly keyIds: readonly string[];
}

const EMPTY_END = '" />\n'.length;
const TEXT_START = '">'.length;
const TEXT_END = "</data>\n".length;

/** Attributes as the lines of a GraphML file that hold them, in the layout of one of networkx's writers. */
export class GraphMLAttributes implements AttributeRow {
  readonly layout: DataLayout;
  readonly #block: Buffer;
  readonly #start: number;
  readonly #end: number;

  /** @param block what was read of the file; kept */
  constructor(layout: DataLayout, block: Buffer, start: number, end: number) {
    this.layout = layout;
    this.#block = block;
    this.#start = start;
    this.#end = end;
  }

  get shape(): AttributeShape {
    return this.layout.shape;
  }

  /** The lines as they stand in the file. */
  get lines(): Uint8Array {
    return this.#block.subarray(this.#start, this.#end);
  }

  texts(): string[] {
    const lines = this.#block.toString("utf8", this.#start, this.#end);
    const { keyIds, spelling } = this.layout;
    let position = 0;
    return keyIds.map((id) => {
      position += spelling.dataStart.length + id.length;
      if (lines.charAt(position + 1) === " ") {
        position += EMPTY_END;
        return "";
      }
      const end = lines.indexOf("<", position);
      const text = lines.slice(position + TEXT_START, end);
      position = end + TEXT_END;
      return unescape(text);
    });
  }
}
