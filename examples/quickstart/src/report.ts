import { existsSync } from "node:fs";
import { resolve } from "node:path";

import { type OpenedStorages, STORAGE_IMPLEMENTATIONS, type StorageType } from "@tetrad/core";

import type { Answer } from "./answer-question.js";
import { chooseSnippet } from "./choose-snippet.js";

const LINE_WIDTH = 88;

/** One example of another backend for each kind of storage. */
const ALTERNATIVES: readonly [variable: string, type: StorageType, name: string][] = [
  ["LIGHTRAG_KV_STORAGE", "KV_STORAGE", "RedisKVStorage"],
  ["LIGHTRAG_VECTOR_STORAGE", "VECTOR_STORAGE", "QdrantVectorDBStorage"],
  ["LIGHTRAG_GRAPH_STORAGE", "GRAPH_STORAGE", "Neo4JStorage"],
  ["LIGHTRAG_DOC_STATUS_STORAGE", "DOC_STATUS_STORAGE", "PGDocStatusStorage"],
];

/** The graph is counted differently. */
const COUNTED = [
  "fullDocs",
  "textChunks",
  "llmResponseCache",
  "fullEntities",
  "fullRelations",
  "entityChunks",
  "relationChunks",
  "entitiesVdb",
  "relationshipsVdb",
  "chunksVdb",
  "docStatus",
] as const;

export function describeAnswer({ question, chunks, entities, related }: Answer): string {
  const lines = [question];
  if (chunks.length === 0) lines.push("  Nothing is near enough to it.");
  for (const { similarity, path, content, isNamed } of chunks) {
    lines.push(
      `  ${similarity.toFixed(2)}  ${path}${isNamed ? "  (by name)" : ""}`,
      ...wrap(chooseSnippet(content, question)).map((line) => `        ${line}`),
    );
  }
  if (entities.length > 0) lines.push(`  Entities: ${entities.join(", ")}`);
  if (related.length > 0) lines.push(`  Related:  ${related.join(", ")}`);
  return lines.join("\n");
}

function wrap(text: string): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line.length + word.length < LINE_WIDTH)
      lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** What each of the twelve storages holds, and which class serves it. */
export async function describeStorages(storages: OpenedStorages): Promise<string> {
  const graph = storages.chunkEntityRelationGraph;
  const rows: [property: string, name: string, content: string][] = [];
  for (const property of COUNTED) {
    const storage = storages[property];
    rows.push([property, storage.name, String(await storage.count())]);
  }
  const nodes = await countAll(graph.nodes());
  const edges = await countAll(graph.edges());
  rows.push(["chunkEntityRelationGraph", graph.name, `${nodes} nodes, ${edges} edges`]);
  return rows
    .map(([property, name, content]) => `  ${property.padEnd(26)}${name.padEnd(24)}${content}`)
    .join("\n");
}

async function countAll(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of items) count += 1;
  return count;
}

/** Where the files are, if any backend in use keeps files there. */
export function describeFiles(workingDir: string, workspace: string): string | null {
  const folder = resolve(workingDir, workspace);
  return existsSync(folder) ? `Files: ${folder} (Python LightRAG reads the same)` : null;
}

/** How to keep the same data elsewhere, from core's own table of backends. */
export function describeAlternatives(): string {
  const rows = ALTERNATIVES.map(([variable, type, name]) => {
    const entry = STORAGE_IMPLEMENTATIONS[type].implementations[name];
    const needs = entry?.env.map((variables) => variables.join(", ")).join(" or ") ?? "";
    return `  ${`${variable}=${name}`.padEnd(50)}${(entry?.package ?? "").padEnd(18)}needs ${needs}`;
  });
  return [
    "Another backend is a variable and its package, for example:",
    ...rows,
    "Install a package here with: npx -y pnpm --filter @tetrad/example-quickstart add --workspace @tetrad/redis",
    "(in a project of your own: npm install @tetrad/redis)",
  ].join("\n");
}
