import type { DocStatus } from "@tetrad/core";
import { compareCodePoints } from "@tetrad/core/plugin";

import { parseMember } from "./document-facts.js";
import type { KeyNames } from "./key-names.js";
import { COUNT_DOCUMENTS, READ_DOCUMENT_FIELD } from "./lua-scripts.js";
import { command, type RedisCommands, scriptCall } from "./redis-commands.js";

/** Members that are read in one request. */
const MEMBERS_AT_ONCE = 5000;
/** Rows that a script looks into in one call. */
const ROWS_AT_ONCE = 500;

export interface IndexedDocument {
  readonly id: string;
  readonly createdAt: string;
}

/** A document with one field of its row. */
export interface FieldOfDocument extends IndexedDocument {
  /** `null` where it has no text there, `undefined` where the server could not tell. */
  readonly value: string | null | undefined;
}

/** Reads LightRAG's index of documents: a sorted set for each status, a set for each file name. */
export class DocumentIndex {
  readonly #commands: RedisCommands;
  readonly #keys: KeyNames;

  constructor(commands: RedisCommands, keys: KeyNames) {
    this.#commands = commands;
    this.#keys = keys;
  }

  /** How many documents each status has, all counted at one moment. */
  async count(statuses: readonly DocStatus[]): Promise<Map<DocStatus, number>> {
    const keys = statuses.map((status) => this.#keys.status(status));
    const counts = (await this.#commands.one(scriptCall(COUNT_DOCUMENTS, keys, []))) as number[];
    return new Map(statuses.map((status, index) => [status, counts[index] ?? 0]));
  }

  /** The documents of some statuses in the order of a sweep, after a position; at most one more than the limit of each status. */
  async sweep(
    statuses: readonly DocStatus[],
    { limit, after }: { readonly limit: number; readonly after: string | null },
  ): Promise<IndexedDocument[]> {
    const start = after === null ? "-" : `(${after}`;
    const answers = (await this.#commands.run(
      statuses.map((status) =>
        command("zrangebylex", this.#keys.status(status), start, "+", "LIMIT", 0, limit + 1),
      ),
    )) as string[][];
    return unique(answers.flat()).sort(compareCodePoints).map(parseMember);
  }

  /** The first or last documents of each status by (`created_at`, id). */
  async outermost(
    statuses: readonly DocStatus[],
    { count, direction }: { readonly count: number; readonly direction: "asc" | "desc" },
  ): Promise<IndexedDocument[]> {
    const name = direction === "asc" ? "zrange" : "zrevrange";
    const answers = (await this.#commands.run(
      statuses.map((status) => command(name, this.#keys.status(status), 0, count - 1)),
    )) as string[][];
    return unique(answers.flat()).map(parseMember);
  }

  /** Whether documents of these statuses are without a time of creation. */
  async hasUndated(statuses: readonly DocStatus[]): Promise<boolean> {
    const counts = await this.#commands.run(
      statuses.map((status) => command("zlexcount", this.#keys.status(status), "[|", "(}")),
    );
    return counts.some((count) => Number(count) > 0);
  }

  /** All documents of a status, some at a time; those that stay are never left out. */
  async *documents(
    status: DocStatus,
    batchSize = MEMBERS_AT_ONCE,
    signal?: AbortSignal,
  ): AsyncGenerator<IndexedDocument[], void, undefined> {
    let start = "-";
    for (;;) {
      const read = command("zrangebylex", this.#keys.status(status), start, "+", "LIMIT", 0, batchSize);
      const members = (await this.#commands.one(read, { signal })) as string[];
      if (members.length > 0) yield members.map(parseMember);
      const last = members.at(-1);
      if (last === undefined || members.length < batchSize) return;
      start = `(${last}`;
    }
  }

  /** All documents of some statuses, each once. */
  async all(statuses: readonly DocStatus[]): Promise<IndexedDocument[]> {
    const lists = await Promise.all(
      statuses.map(async (status) => {
        const found: IndexedDocument[] = [];
        for await (const documents of this.documents(status)) found.push(...documents);
        return found;
      }),
    );
    return uniqueById(lists.flat());
  }

  /**
   * One field of all documents of some statuses, or of those where it may have a value. The server
   * reads the rows, so that they need not travel.
   */
  async fields(statuses: readonly DocStatus[], field: string, wanted?: string): Promise<FieldOfDocument[]> {
    const lists = await Promise.all(statuses.map(async (status) => this.#fieldsOf(status, field, wanted)));
    return uniqueById(lists.flat());
  }

  /** The ids of documents that come from a file and are no duplicates. */
  async withBasename(name: string): Promise<string[]> {
    return (await this.#commands.one(command("smembers", this.#keys.basename(name)))) as string[];
  }

  async #fieldsOf(status: DocStatus, field: string, wanted: string | undefined): Promise<FieldOfDocument[]> {
    const found: FieldOfDocument[] = [];
    let after = "";
    do {
      const args = [
        this.#keys.rowPrefix,
        after,
        ROWS_AT_ONCE,
        field,
        ...(wanted === undefined ? [] : [wanted]),
      ];
      const call = scriptCall(READ_DOCUMENT_FIELD, [this.#keys.status(status)], args);
      const answer = (await this.#commands.one(call)) as string[];
      after = answer[0] ?? "";
      for (let at = 1; at < answer.length; at += 2)
        found.push({ ...parseMember(answer[at] ?? ""), value: parseValue(answer[at + 1] ?? "") });
    } while (after !== "");
    return found;
  }
}

function parseValue(text: string): string | null | undefined {
  if (text === "?") return undefined;
  return text === "" ? null : text.slice(1);
}

/** A document on its way from one status to another may have been seen in both. */
function uniqueById<T extends IndexedDocument>(documents: readonly T[]): T[] {
  return [...new Map(documents.map((document) => [document.id, document])).values()];
}

function unique(members: readonly string[]): string[] {
  return [...new Set(members)];
}
