/** The four kinds of storage: their data, the changes that are committed, what is read, and the goals. */
import { DIMENSION, chunk, document, edge, entity, node, smallRow, vectorMaker } from "./data.mjs";

const CHANGES = 10;
const READS = 100;

/** Ten indexes all over the store, others in each version. */
const changed = (size, version) =>
  Array.from({ length: CHANGES }, (_, at) => (Math.floor((at * size) / CHANGES) + version * 7) % size);
const spread = (size) => Array.from({ length: READS }, (_, at) => Math.floor((at * size) / READS));
const bytesOfText = (value) => Buffer.byteLength(JSON.stringify(value));

let makeVector;

function vector(index, version) {
  makeVector ??= vectorMaker();
  return makeVector(index, version);
}

export const kv = {
  kind: "kv",
  data: "chunks",
  load: { size: 50_000, title: "50,000 chunks of 1.5 kB" },
  goals: { commit: 400, load: 1.2, open: 2 },
  changes: (size, version) => ({ records: changed(size, version).map((index) => chunk(index, version)) }),
  bytesOf: bytesOfText,
  asked: (size) => ({ id: chunk(5)[0], ids: spread(size).map((index) => chunk(index)[0]) }),
  reads: { "100 records": null, "which of 100 are missing": null },
  rawBytes: (size) => size * bytesOfText(chunk(12_345)),
  largeData: "smallRows",
  large: {
    size: 1_000_000,
    title: "small rows",
    asked: () => ({ id: "row-5" }),
    changes: (size, version) => ({
      records: changed(size, version).map((index) => smallRow(index, version)),
    }),
  },
};

export const status = {
  kind: "status",
  data: "documents",
  load: { size: 50_000, batch: 1000, title: "50,000 documents in batches of 1,000" },
  goals: { commit: 500, load: 25, open: 2 },
  changes: (size, version) => ({ records: changed(size, version).map((index) => document(index, version)) }),
  bytesOf: bytesOfText,
  asked: (size) => ({
    id: document(0)[0],
    track: `track-${Math.floor(size / 100)}`,
    name: `file-${size >> 1}.txt`,
  }),
  reads: {
    "page of 50": 50,
    "page of 50, one status": 50,
    counts: 50,
    "by track id": 50,
    "by basename": 50,
    "by statuses, 5 %": null,
  },
};

export const vectors = {
  kind: "vectors",
  data: "vectors",
  load: { size: 10_000, title: "10,000 vectors x 1,536" },
  goals: { commit: 800, load: 3, open: 5 },
  changes(size, version) {
    const indexes = changed(size, version);
    return {
      records: indexes.map((index) => entity(index, version)),
      vectors: indexes.map((index) => [...vector(index, version)]),
    };
  },
  bytesOf: ({ records }) => bytesOfText(records) + records.length * DIMENSION * 4,
  asked: (size) => ({ vector: [...vector(5, 1)], ids: spread(size).map((index) => entity(index)[0]) }),
  reads: { "100 vectors by id": 10, "top 20": null },
  rawBytes: (size) => size * (DIMENSION * 4 + bytesOfText(entity(12_345))),
  large: {
    size: 50_000,
    title: "a snapshot larger than 512 MiB",
    isOursAlone: true,
    asked: (size) => vectors.asked(size),
    changes: (size, version) => vectors.changes(size, version),
  },
};

export const graph = {
  kind: "graph",
  data: "graph",
  load: { size: 20_000, title: "20,000 nodes and 40,000 edges" },
  goals: { commit: 3000, load: 5, open: 4 },
  changes: (size, version) => ({
    records: changed(size, version).map((index) => node(index, version)),
    edges: changed(size * 2, version).map((index) => edge(index, size, version)),
  }),
  bytesOf: bytesOfText,
  asked: (size) => ({ id: node(5)[0], ids: spread(size).map((index) => node(index)[0]) }),
  reads: {
    "300 popular labels": 5,
    "label search, few found": 5,
    "label search, all found": 5,
    "100 nodes": null,
    "100 degrees": null,
    "neighbourhood of a label": null,
    "1,000 nodes of *": null,
  },
};
