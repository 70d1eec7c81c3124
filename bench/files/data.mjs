/**
 * What both sides store. Every record follows from its index, so that a run can be repeated, and so
 * that a changed record is the same for both.
 */
import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

export const DIMENSION = 1536;
const CLUSTER = 50;
const NOISE = 0.7;
const SENTENCE =
  "The rocket engine was assembled by Acme Corp in the northern plant, and tested with great care. ";
const TIME = 1_795_216_928;
const WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"];
const STATUSES = ["pending", "processing", "failed"];

const documentId = (index) => `doc-${md5(`document ${index}`)}`;

/** A chunk of about 1.5 kB. */
export function chunk(index, version = 0) {
  return [
    `${documentId(index)}-chunk-000`,
    {
      tokens: 300,
      content: `${index} ${version} ${SENTENCE.repeat(12)}`,
      chunk_order_index: 0,
      full_doc_id: documentId(index),
      file_path: `folder/file-${index}.txt`,
      llm_cache_list: [`default:extract:${md5(`cache ${index}`)}`],
    },
  ];
}

/** A row of a few words. */
export const smallRow = (index, version = 0) => [`row-${index}`, { value: index, version }];

/** A document's status with 40 chunks, about 2.3 kB. */
export function document(index, version = 0) {
  const id = documentId(index);
  const time = new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString().replace("Z", "000+00:00");
  return [
    id,
    {
      status: index % 20 === 0 ? STATUSES[(index / 20) % 3] : "processed",
      content_summary: `${version} ${SENTENCE}`,
      content_length: 5000,
      created_at: time,
      updated_at: time,
      file_path: `file-${index}.txt`,
      track_id: `track-${Math.floor(index / 50)}`,
      content_hash: md5(`content ${index}`),
      metadata: { process_start_time: TIME, process_end_time: TIME },
      chunks_count: 40,
      chunks_list: Array.from({ length: 40 }, (_, at) => `${id}-chunk-${String(at).padStart(3, "0")}`),
    },
  ];
}

/** The fields of an entity; its vector is separate. */
export function entity(index, version = 0) {
  const name = `Entity ${index}`;
  return [
    `ent-${md5(name)}`,
    {
      content: `${name}\n${version} ${SENTENCE.repeat(3)}`.slice(0, 300),
      entity_name: name,
      source_id: `chunk-${md5(`chunk ${index}`)}`,
      file_path: `file-${index}.txt`,
    },
  ];
}

/** Unit vectors around one centre for each fifty of them. @returns index → vector */
export function vectorMaker() {
  const next = numbers(1);
  const normals = Float32Array.from(
    { length: 1_000_003 },
    () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  );
  // Parts of a table of numbers, taken from anywhere, make hundreds of megabytes in seconds.
  const random = (seed) => {
    const choose = numbers(seed);
    const vector = new Float32Array(DIMENSION);
    for (let done = 0; done < DIMENSION; done += 64) {
      const start = Math.floor(choose() * (normals.length - 64));
      vector.set(normals.subarray(start, start + 64), done);
    }
    return vector;
  };
  return (index, version = 0) => {
    const centre = random(1 + Math.floor(index / CLUSTER));
    const vector = random(1_000_000 + index + version * 7_919_000);
    let squares = 0;
    for (let at = 0; at < DIMENSION; at += 1) {
      vector[at] = centre[at] + NOISE * vector[at];
      squares += vector[at] ** 2;
    }
    const length = Math.sqrt(squares);
    return vector.map((component) => component / length);
  };
}

export function node(index, version = 0) {
  const id = `Entity ${WORDS[index % WORDS.length]} ${index}`;
  const description = `${version} ${words(index, 300)}`.slice(0, 300);
  return [id, { entity_id: id, entity_type: "person", description, ...origin(index) }];
}

/** Few nodes have many edges. @param nodes how many nodes there are */
export function edge(index, nodes, version = 0) {
  const next = numbers(index);
  const source = Math.floor(next() * Math.floor(1 + next() * nodes));
  const target = Math.floor(next() * nodes);
  const description = `${version} ${words(index + 7, 200)}`.slice(0, 200);
  const attributes = { weight: 1.5 + (index % 3), description, keywords: "one,two", ...origin(index) };
  return [node(source)[0], node(target === source ? (target + 1) % nodes : target)[0], attributes];
}

function origin(index) {
  return {
    source_id: `chunk-${md5(String(index % 1000))}`,
    file_path: `file-${index % 1000}.txt`,
    created_at: TIME,
    truncate: "",
  };
}

function words(seed, length) {
  const next = numbers(seed);
  let text = "";
  while (text.length < length) text += `${WORDS[Math.floor(next() * WORDS.length)]} `;
  return text;
}

/** Numbers from 0 to 1 that are the same in each run. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function md5(text) {
  return createHash("md5").update(text).digest("hex");
}

/** For each kind of data, the files that hold it: lines of JSON, and raw float32 rows. */
const FILES = {
  chunks: { records: chunk },
  smallRows: { records: smallRow },
  documents: { records: document },
  vectors: { records: entity, vectors: true },
  graph: { records: node, edges: true },
};

/** Writes data for both sides to read. @returns where they find it */
export function writeData(folder, name, size) {
  const kind = FILES[name];
  const path = (part) => join(folder, `${name}-${size}.${part}`);
  const data = { records: path("records") };
  if (kind.vectors === true) data.vectors = path("vectors");
  if (kind.edges === true) data.edges = path("edges");
  if (existsSync(data.records)) return data;
  writeRows(data.records, size, (index) => `${JSON.stringify(kind.records(index))}\n`);
  if (kind.vectors === true) writeRows(data.vectors, size, vectorMaker());
  if (kind.edges === true)
    writeRows(data.edges, size * 2, (index) => `${JSON.stringify(edge(index, size))}\n`);
  return data;
}

function writeRows(path, count, make) {
  const file = openSync(path, "w");
  try {
    for (let index = 0; index < count; index += 1) writeSync(file, make(index));
  } finally {
    closeSync(file);
  }
}
