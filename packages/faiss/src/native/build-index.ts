import { closeSync, openSync, readSync, statSync } from "node:fs";

import { littleEndian } from "@tetrad/file-engine/vectors";

import { decodeHeader, HEADER_BYTES } from "../index-header.js";
import { loadFaissNode } from "./faiss-node.js";
import { widenProbes } from "./inverted-lists.js";

/*
 * A program of its own: makes an index of the vectors of a flat file. Arguments: the module of
 * faiss-node, the factory string, the flat file, the file to write.
 */

/** Numbers that cross to faiss at a time. */
const COMPONENTS_PER_CALL = 262_144;
/** Most numbers that an index is trained on: they are held twice. */
const COMPONENTS_TRAINED = 32_000_000;

function main([modulePath, factory, vectors, output]: readonly (string | undefined)[]): void {
  if (modulePath === undefined || factory === undefined || vectors === undefined || output === undefined)
    throw new TypeError("build-index needs a module, a factory string, a flat file and a file to write");
  const { faiss } = loadFaissNode(modulePath);
  const file = openSync(vectors, "r");
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    readSync(file, header, 0, HEADER_BYTES, 0);
    const { dimension, count } = decodeHeader(header, statSync(vectors).size);
    const index = faiss.Index.fromFactory(dimension, factory, faiss.MetricType.METRIC_INNER_PRODUCT);
    const read = (first: number, rows: number): number[] => readRows(file, first, rows, dimension);
    if (!index.isTrained()) index.train(read(0, Math.min(count, Math.floor(COMPONENTS_TRAINED / dimension))));
    const perCall = Math.max(1, Math.floor(COMPONENTS_PER_CALL / dimension));
    for (let first = 0; first < count; first += perCall)
      index.add(read(first, Math.min(perCall, count - first)));
    index.write(output);
    widenProbes(output);
  } finally {
    closeSync(file);
  }
}

function readRows(file: number, first: number, rows: number, dimension: number): number[] {
  const floats = new Float32Array(rows * dimension);
  const bytes = Buffer.from(floats.buffer);
  const start = HEADER_BYTES + first * dimension * Float32Array.BYTES_PER_ELEMENT;
  const length = readSync(file, bytes, 0, bytes.length, start);
  if (length !== bytes.length) throw new RangeError("The flat file is shorter than it says");
  littleEndian(bytes);
  return Array.from(floats);
}

main(process.argv.slice(2));
