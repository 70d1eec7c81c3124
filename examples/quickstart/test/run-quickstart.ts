import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { type Embedding, openStorages } from "@tetrad/core";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

export interface Run {
  readonly output: string;
  readonly errors: string;
  readonly exitCode: number | null;
}

/** Runs the built program in a folder, with no other variables than these. */
export function startQuickstart(cwd: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const texts = { output: "", errors: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (texts.output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (texts.errors += text));
  const ended = once(child, "close").then(([exitCode]): Run => ({
    ...texts,
    exitCode: exitCode as number | null,
  }));
  return { child, ended };
}

export function runQuickstart(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  return startQuickstart(cwd, args, env).ended;
}

/** Every row of the twelve storages, by storage and id. */
export async function readWorkspace(workingDir: string, dimension: number) {
  const embedding: Embedding = { dimension, embed: () => Promise.reject(new Error("nothing to embed")) };
  const storages = await openStorages({ workingDir, workspace: "quickstart", embedding, env: {} });
  try {
    const graph = storages.chunkEntityRelationGraph;
    return {
      fullDocs: Object.fromEntries(await collect(storages.fullDocs.entries())),
      textChunks: Object.fromEntries(await collect(storages.textChunks.entries())),
      llmResponseCache: Object.fromEntries(await collect(storages.llmResponseCache.entries())),
      fullEntities: Object.fromEntries(await collect(storages.fullEntities.entries())),
      fullRelations: Object.fromEntries(await collect(storages.fullRelations.entries())),
      entityChunks: Object.fromEntries(await collect(storages.entityChunks.entries())),
      relationChunks: Object.fromEntries(await collect(storages.relationChunks.entries())),
      docStatus: Object.fromEntries(await collect(storages.docStatus.entries())),
      entitiesVdb: byId(await collect(storages.entitiesVdb.entries())),
      relationshipsVdb: byId(await collect(storages.relationshipsVdb.entries())),
      chunksVdb: byId(await collect(storages.chunksVdb.entries())),
      nodes: Object.fromEntries(await collect(graph.nodes())),
      edges: Object.fromEntries(
        (await collect(graph.edges())).map(([a, b, attributes]) => [
          [a, b].toSorted().join(" - "),
          attributes,
        ]),
      ),
    };
  } finally {
    await storages.finalize();
  }
}

export type Workspace = Awaited<ReturnType<typeof readWorkspace>>;

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

function byId<Row extends { readonly id: string; readonly vector: ArrayLike<number> }>(rows: readonly Row[]) {
  return Object.fromEntries(
    rows.map(({ id, vector, ...row }) => [
      id,
      { ...row, vector: Array.from(vector).map((value) => value.toFixed(5)) },
    ]),
  );
}

const TIMES = new Set(["create_time", "update_time", "created_at", "updated_at", "track_id"]);
const LISTS = new Set(["chunk_ids", "source_id", "file_path"]);

/** What a workspace holds, whenever and in whatever order it was written. */
export function withoutTimes(value: unknown, field = ""): unknown {
  if (LISTS.has(field)) return new Set(Array.isArray(value) ? value : String(value).split("<SEP>"));
  if (Array.isArray(value)) return value.map((item) => withoutTimes(item));
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([name]) => !TIMES.has(name));
  return Object.fromEntries(fields.map(([name, item]) => [name, withoutTimes(item, name)]));
}
