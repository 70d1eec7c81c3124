import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Observed, Rows } from "../src/turns.js";

/** Which file has the rows of which storage, as a program sees it that knows nothing of journals. */
const RECORD_FILES: Readonly<Record<string, string>> = {
  "kv_store_full_docs.json": "fullDocs",
  "kv_store_text_chunks.json": "textChunks",
  "kv_store_full_entities.json": "fullEntities",
  "kv_store_full_relations.json": "fullRelations",
  "kv_store_entity_chunks.json": "entityChunks",
  "kv_store_relation_chunks.json": "relationChunks",
  "kv_store_llm_response_cache.json": "llmResponseCache",
};
const VECTOR_FILES: Readonly<Record<string, string>> = {
  "vdb_entities.json": "entitiesVdb",
  "vdb_relationships.json": "relationshipsVdb",
  "vdb_chunks.json": "chunksVdb",
};

interface VectorFile {
  readonly data: readonly { readonly __id__: string; readonly content: string }[];
  readonly matrix: string;
  readonly embedding_dim: number;
}

/**
 * What is wrong with LightRAG's files of a workspace: each has to be whole at any time.
 *
 * @param rows what they have to hold; `null` where they may lag behind
 */
export async function faultsOfFiles(workingDir: string, rows: Observed | null): Promise<string[]> {
  const faults: string[] = [];
  const folder = join(workingDir, "demo");
  for (const name of await readdir(folder).catch(() => [])) {
    if (name === ".tetrad") continue;
    try {
      for (const [storage, found] of rowsOfFile(name, await readFile(join(folder, name), "utf8"))) {
        const expected = storage === "docStatus" ? rows?.docStatus : rows?.joint.get(storage);
        if (expected !== undefined && !isSame(found, expected))
          faults.push(`${name} does not hold what was finalized`);
      }
    } catch (error) {
      faults.push(`${name} cannot be read: ${String(error)}`);
    }
  }
  return faults;
}

function rowsOfFile(name: string, text: string): [storage: string, rows: Rows][] {
  if (name.endsWith(".graphml")) return rowsOfGraph(text);
  const content = JSON.parse(text) as unknown;
  const vectors = VECTOR_FILES[name];
  if (vectors !== undefined) {
    const { data, matrix, embedding_dim: dimension } = content as VectorFile;
    if (Buffer.from(matrix, "base64").length !== data.length * dimension * 4)
      throw new Error("its matrix is not of its rows");
    return [[vectors, new Map(data.map(({ __id__, content }) => [__id__, content]))]];
  }
  const field = name === "kv_store_doc_status.json" ? "content_summary" : "text";
  const storage = RECORD_FILES[name] ?? "docStatus";
  const records = Object.entries(content as Record<string, Record<string, string>>);
  return [[storage, new Map(records.map(([id, record]) => [id, record[field] ?? ""]))]];
}

const ELEMENT = /<(node id|edge source)="([^"]*)"(?: target="([^"]*)")?[^>]*>(.*?)<\/(?:node|edge)>/gs;

function rowsOfGraph(text: string): [string, Rows][] {
  if (!text.trimEnd().endsWith("</graphml>")) throw new Error("it has no end");
  const key = (kind: string): string =>
    new RegExp(`<key id="([^"]*)" for="${kind}" attr.name="description"`).exec(text)?.[1] ?? "";
  const [nodes, edges] = [new Map<string, string>(), new Map<string, string>()];
  for (const [, kind, source = "", target = "", data = ""] of text.matchAll(ELEMENT)) {
    const isNode = kind === "node id";
    const description = new RegExp(`<data key="${key(isNode ? "node" : "edge")}">([^<]*)<`).exec(data)?.[1];
    if (isNode) nodes.set(source, unescape(description ?? ""));
    else edges.set(source === "last turn" ? target : source, unescape(description ?? ""));
  }
  return [
    ["nodes", nodes],
    ["edges", edges],
  ];
}

function unescape(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

function isSame(found: Rows, expected: Rows): boolean {
  return found.size === expected.size && [...expected].every(([id, text]) => found.get(id) === text);
}
