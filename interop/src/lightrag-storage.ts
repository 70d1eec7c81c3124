import type { DropResult, Records } from "@tetrad/core";

import type { LightRagProcess } from "./lightrag-process.js";

type Keywords = Readonly<Record<string, unknown>>;

/** A storage that is open in Python. */
export class LightRagStorage {
  readonly #process: LightRagProcess;
  readonly #handle: number;
  #isOpen = true;

  constructor(process: LightRagProcess, handle: number) {
    this.#process = process;
    this.#handle = handle;
  }

  /** Calls a method under its Python name. */
  async call(
    method: string,
    callArguments: readonly unknown[] = [],
    keywords: Keywords = {},
  ): Promise<unknown> {
    return this.#process.request("call", {
      storage: this.#handle,
      method,
      arguments: callArguments,
      keywords,
    });
  }

  async indexDoneCallback(): Promise<void> {
    await this.call("index_done_callback");
  }

  async dropPendingIndexOps(): Promise<void> {
    await this.call("drop_pending_index_ops");
  }

  async drop(): Promise<DropResult> {
    return (await this.call("drop")) as DropResult;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  async finalize(): Promise<void> {
    this.#isOpen = false;
    await this.#process.request("close", { storage: this.#handle });
  }
}

/** Records as Python's dict, in their order. */
export function dictOf<T extends object>(records: Records<T>): Map<string, T> {
  return Symbol.iterator in records
    ? new Map(records as Iterable<readonly [string, T]>)
    : new Map(Object.entries(records));
}

/** What Python gave as a dict: an object where every key is a string, a map otherwise. */
export function mapOf<Value, Key = string>(dict: unknown): Map<Key, Value> {
  const entries: unknown = dict instanceof Map ? dict : Object.entries(dict as object);
  return new Map(entries as Iterable<[Key, Value]>);
}
