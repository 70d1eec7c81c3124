import type { OpenedStorages } from "@tetrad/core";

import { vectorOf } from "./text-embedding.js";

/*
 * Turns: commits whose content follows from their number alone. Turn n adds a row to each of the
 * twelve storages, deletes the row of an earlier turn, and writes n into a row that all turns change.
 * So what the storages hold tells exactly which turns they have seen, and whether all saw the same.
 */

const KV_STORAGES = [
  "fullDocs",
  "textChunks",
  "fullEntities",
  "fullRelations",
  "entityChunks",
  "relationChunks",
  "llmResponseCache",
] as const;
const VECTOR_STORAGES = ["entitiesVdb", "relationshipsVdb", "chunksVdb"] as const;

/** Id of the row that every turn changes. */
const LAST_TURN = "last turn";
/** Rows are deleted so many turns later, but for those that are kept for good. */
const TURNS_KEPT = 6;
const KEPT_FOR_GOOD = 10;
/** Every so many turns one is large enough to be published at once where snapshots follow at a threshold. */
const LARGE_EVERY = 14;
const LARGE_CHARACTERS = 600_000;

/** The rows of one storage: the text of each, by its id. The graph's nodes and edges are looked at apart. */
export type Rows = ReadonlyMap<string, string>;

/** The rows of the eleven storages that are committed together, by the name of the storage. */
export type JointRows = ReadonlyMap<string, Rows>;

export interface Observed {
  readonly joint: JointRows;
  /** The document status, each write of which is a commit of its own. */
  readonly docStatus: Rows;
}

function isDeletedBy(turn: number, row: number): boolean {
  return row <= turn - TURNS_KEPT && row % KEPT_FOR_GOOD !== 0;
}

function idOf(turn: number): string {
  return `turn ${turn}`;
}

function textOf(turn: number, storage: string): string {
  const text = `${storage} of turn ${turn}, "é" and 😀`;
  const isLarge = storage === "textChunks" && turn % LARGE_EVERY === 0;
  return isLarge ? text.padEnd(LARGE_CHARACTERS, `, ${turn}`) : text.repeat(1 + (turn % 5));
}

/** Writes a turn, without committing it. The document status, which commits itself, comes last. */
export async function writeTurn(storages: OpenedStorages, turn: number): Promise<void> {
  const row = turn - TURNS_KEPT;
  const deleted = row > 0 && isDeletedBy(turn, row) ? [idOf(row)] : [];
  for (const name of KV_STORAGES) {
    await storages[name].upsert({ [idOf(turn)]: record(textOf(turn, name)), [LAST_TURN]: record(`${turn}`) });
    await storages[name].delete(deleted);
  }
  for (const name of VECTOR_STORAGES) {
    await storages[name].upsert({
      [idOf(turn)]: vectorRecord(textOf(turn, name)),
      [LAST_TURN]: vectorRecord(`${turn}`),
    });
    await storages[name].delete(deleted);
  }
  const graph = storages.chunkEntityRelationGraph;
  await graph.upsertNodesBatch([
    [idOf(turn), { description: textOf(turn, "nodes") }],
    [LAST_TURN, { description: `${turn}` }],
  ]);
  await graph.upsertEdge(idOf(turn), LAST_TURN, { description: textOf(turn, "edges"), weight: 1 });
  await graph.removeNodes(deleted);
  await storages.docStatus.upsert({
    [idOf(turn)]: { status: "processed", file_path: idOf(turn), content_summary: textOf(turn, "docStatus") },
    [LAST_TURN]: { status: "processed", file_path: LAST_TURN, content_summary: `${turn}` },
  });
}

/** It has what the record types of all seven key-value storages ask for. */
function record(text: string) {
  return {
    text,
    content: "",
    tokens: 1,
    chunk_order_index: 0,
    full_doc_id: "",
    entity_names: [],
    relation_pairs: [],
    chunk_ids: [],
    count: 0,
    return: "",
  };
}

function vectorRecord(content: string) {
  return { content, entity_name: "name", src_id: "one", tgt_id: "other", full_doc_id: "doc" };
}

/** All rows of the twelve storages. */
export async function readRows(storages: OpenedStorages): Promise<Observed> {
  const joint = new Map<string, Rows>();
  for (const name of KV_STORAGES) {
    const rows = new Map<string, string>();
    for await (const [id, { text }] of storages[name].entries()) rows.set(id, asText(text));
    joint.set(name, rows);
  }
  for (const name of VECTOR_STORAGES) {
    const rows = new Map<string, string>();
    for await (const { id, vector, fields } of storages[name].entries())
      rows.set(id, textOfVector(vector, asText(fields["content"])));
    joint.set(name, rows);
  }
  const [nodes, edges] = [new Map<string, string>(), new Map<string, string>()];
  for await (const [id, { description }] of storages.chunkEntityRelationGraph.nodes())
    nodes.set(id, asText(description));
  for await (const [source, target, { description }] of storages.chunkEntityRelationGraph.edges())
    edges.set(source === LAST_TURN ? target : source, asText(description));
  joint.set("nodes", nodes).set("edges", edges);
  const docStatus = new Map<string, string>();
  for await (const [id, row] of storages.docStatus.entries()) docStatus.set(id, row.content_summary);
  return { joint, docStatus };
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "no text";
}

/** A row of which only the text is right is not right. */
function textOfVector(vector: ArrayLike<number>, text: string): string {
  const isRight = vectorOf(text).every(
    (component, index) => Math.abs(component - (vector[index] ?? 0)) < 1e-6,
  );
  return isRight ? text : `the wrong vector for ${text}`;
}

/** The last turn that rows tell of; 0 where there was none. */
export function lastTurn(rows: Rows | undefined): number {
  return Number(rows?.get(LAST_TURN) ?? 0);
}

/** What is wrong with the rows, if anything: they have to be what one and the same number of turns left. */
export function faultsOf({ joint, docStatus }: Observed): string[] {
  const turn = lastTurn(joint.get("fullDocs"));
  const turnOfStatus = lastTurn(docStatus);
  const faults = [...joint].flatMap(([name, rows]) => differences(name, rows, rowsAfter(turn, name)));
  faults.push(...differences("docStatus", docStatus, statusesAfter(turnOfStatus)));
  // Its own commit goes before the joint one.
  if (turnOfStatus !== turn && turnOfStatus !== turn + 1)
    faults.push(`docStatus has ${turnOfStatus} turns where the others have ${turn}`);
  return faults;
}

function rowsAfter(turn: number, storage: string): Rows {
  const rows = new Map<string, string>();
  for (let row = 1; row <= turn; row += 1)
    if (!isDeletedBy(turn, row)) rows.set(idOf(row), textOf(row, storage));
  if (turn > 0 && storage !== "edges") rows.set(LAST_TURN, `${turn}`);
  return rows;
}

function statusesAfter(turn: number): Rows {
  const rows = new Map<string, string>();
  for (let row = 1; row <= turn; row += 1) rows.set(idOf(row), textOf(row, "docStatus"));
  if (turn > 0) rows.set(LAST_TURN, `${turn}`);
  return rows;
}

function differences(storage: string, found: Rows, expected: Rows): string[] {
  const faults: string[] = [];
  for (const [id, text] of expected) {
    const other = found.get(id);
    if (other === undefined) faults.push(`${storage} has lost ${id}`);
    else if (other !== text) faults.push(`${storage} has ${shorten(other)} as ${id}, not ${shorten(text)}`);
  }
  for (const id of found.keys()) if (!expected.has(id)) faults.push(`${storage} still has ${id}`);
  return faults;
}

function shorten(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
