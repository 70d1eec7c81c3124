import { DimensionMismatchError } from "@tetrad/core";
import { type EmbeddedRow, parseJson, stringifyJson, vectorNorm } from "@tetrad/core/plugin";
import { JsonTextReader, type SnapshotFormat, SnapshotSyntaxError } from "@tetrad/file-engine";

import { encodeFloat32Rows, Float32RowDecoder } from "./float32-base64.js";
import { NanoContent } from "./nano-content.js";

/** One flush: deletes first, then rows. */
export interface NanoChange {
  readonly deletedIds: readonly string[];
  readonly rows: readonly EmbeddedRow[];
  /** LightRAG's token of the write: nanoseconds since 1970, growing with each write of the process. */
  readonly writeSequence: bigint;
}

/** The vector space a storage works in. */
export interface VectorSpace {
  readonly dimension: number;
  readonly modelName: string | undefined;
}

/** Our corner of `additional_data`, which nano-vectordb keeps as it is. */
const OWN_MEMBER = "tetrad";

/**
 * LightRAG's `vdb_<namespace>.json`: `embedding_dim`, the rows in `data`, and in `matrix` one
 * float32 row of unit length for each, as base64. Other members are kept. The name of the model is
 * kept in `additional_data`, so that a store is not opened with another model of the same dimension.
 */
export function nanoFileFormat(
  namespace: string,
  space: VectorSpace,
): SnapshotFormat<NanoContent, NanoChange> {
  const fileName = `vdb_${namespace}.json`;
  return {
    kind: "nano-vectordb",
    fileName,
    whenDropped: "remove",
    createEmpty: () => new NanoContent(space.dimension),
    read: (source) => new NanoFileReader(source, space, fileName).read(),
    write: (content) => formatFile(content, space),
    apply: (content, change) => {
      for (const id of change.deletedIds) content.delete(id);
      for (const row of change.rows) content.write(row, change.writeSequence);
    },
    check: (content) =>
      checkSpace({ dimension: content.index.dimension, modelName: content.modelName }, space, fileName),
  };
}

class NanoFileReader {
  readonly #reader: JsonTextReader;
  readonly #space: VectorSpace;
  readonly #fileName: string;
  readonly #content: NanoContent;
  readonly #rowIds: string[] = [];
  #dimension: number | undefined;
  #vectors = 0;

  constructor(source: AsyncIterable<Uint8Array>, space: VectorSpace, fileName: string) {
    this.#reader = new JsonTextReader(source);
    this.#space = space;
    this.#fileName = fileName;
    this.#content = new NanoContent(space.dimension);
  }

  async read(): Promise<NanoContent> {
    await this.#reader.readObject((member) => this.#readMember(member));
    await this.#reader.readEnd();
    if (this.#vectors !== this.#rowIds.length) {
      throw new SnapshotSyntaxError(`it has ${this.#rowIds.length} rows, but ${this.#vectors} vectors`);
    }
    if (this.#vectors > 0) this.#checkSpace(this.#space.dimension, this.#content.modelName);
    return this.#content;
  }

  async #readMember(member: string): Promise<void> {
    switch (member) {
      case "embedding_dim":
        this.#dimension = this.#checkDimension(parseJson(await this.#reader.readValue()));
        break;
      case "data":
        await this.#reader.readItems((text) => this.#rowIds.push(this.#content.addText(text)));
        break;
      case "matrix":
        await this.#readMatrix();
        break;
      default:
        this.#keepMember(member, await this.#reader.readValue());
    }
  }

  #checkSpace(dimension: number, modelName: string | undefined): void {
    checkSpace({ dimension, modelName }, this.#space, this.#fileName);
  }

  #checkDimension(dimension: unknown): number {
    if (!Number.isSafeInteger(dimension) || Number(dimension) < 1)
      throw new SnapshotSyntaxError("embedding_dim is no dimension");
    return Number(dimension);
  }

  async #readMatrix(): Promise<void> {
    const dimension = this.#dimension;
    if (dimension === undefined) throw new SnapshotSyntaxError("matrix comes before embedding_dim");
    // An empty store has no vector space yet, whatever dimension it was made for.
    if (this.#rowIds.length > 0) this.#checkSpace(dimension, undefined);
    const decoder = new Float32RowDecoder(dimension, (row) => this.#addVector(row));
    await this.#reader.readPlainString((part) => decoder.push(part));
    decoder.end();
  }

  #addVector(vector: Float32Array): void {
    const id = this.#rowIds[this.#vectors];
    this.#vectors += 1;
    // Too many vectors are reported when all are counted.
    if (id === undefined) return;
    const norm = vectorNorm(vector);
    if (Number.isFinite(norm) && norm > 0) this.#content.index.set(id, vector);
    else this.#content.unusable.set(id, vector.slice());
  }

  #keepMember(member: string, text: string): void {
    const value = parseJson(text);
    this.#content.otherMembers.set(member, text);
    if (member === "additional_data") this.#content.modelName = storedModelName(value);
  }
}

function storedModelName(additionalData: unknown): string | undefined {
  const own = (additionalData as { [OWN_MEMBER]?: { embedding_model?: unknown } } | null)?.[OWN_MEMBER];
  return typeof own?.embedding_model === "string" ? own.embedding_model : undefined;
}

/** @throws DimensionMismatchError when the vectors of a store come from another space than the model's */
function checkSpace(stored: VectorSpace, given: VectorSpace, fileName: string): void {
  const remedy = "Open it with the model it was made with, or drop it and embed its content anew.";
  if (stored.dimension !== given.dimension) {
    throw new DimensionMismatchError(
      `${fileName} holds vectors of dimension ${stored.dimension}; the embedding model gives ${given.dimension}. ${remedy}`,
      { stored: stored.dimension, given: given.dimension },
    );
  }
  if (
    stored.modelName !== undefined &&
    given.modelName !== undefined &&
    stored.modelName !== given.modelName
  ) {
    throw new DimensionMismatchError(
      `${fileName} holds vectors of model ${JSON.stringify(stored.modelName)}, not of ${JSON.stringify(given.modelName)}. ${remedy}`,
      { stored: stored.modelName, given: given.modelName },
    );
  }
}

/** Holds on to the rows at once; the vectors are read as they are written, so changes wait meanwhile. */
function formatFile(content: NanoContent, space: VectorSpace): Iterable<string> {
  const rows = Array.from(content.rows, ([id, { text }]) => ({ id, text }));
  return formatParts(content, rows, {
    dimension: space.dimension,
    modelName: space.modelName ?? content.modelName,
  });
}

function* formatParts(
  content: NanoContent,
  rows: readonly { readonly id: string; readonly text: string }[],
  space: VectorSpace,
): Iterable<string> {
  yield `{"embedding_dim": ${space.dimension}, "data": [`;
  let separator = "";
  for (const { text } of rows) {
    yield separator + text;
    separator = ", ";
  }
  yield '], "matrix": "';
  yield* encodeFloat32Rows(vectorsOf(content, rows));
  yield '"';
  for (const [member, text] of membersOf(content, space.modelName))
    yield `, ${JSON.stringify(member)}: ${text}`;
  yield "}";
}

function* vectorsOf(content: NanoContent, rows: readonly { readonly id: string }[]): Iterable<Float32Array> {
  for (const { id } of rows) {
    const vector = content.index.peek(id) ?? content.unusable.get(id);
    if (vector === undefined) throw new TypeError(`Row ${JSON.stringify(id)} has no vector`);
    yield vector;
  }
}

function membersOf(content: NanoContent, modelName: string | undefined): ReadonlyMap<string, string> {
  if (modelName === undefined) return content.otherMembers;
  const additionalData = parseJson(content.otherMembers.get("additional_data") ?? "{}") as Record<
    string,
    unknown
  >;
  const own = { ...additionalData, [OWN_MEMBER]: { embedding_model: modelName } };
  return new Map([...content.otherMembers, ["additional_data", stringifyJson(own)]]);
}
