import { join } from "node:path";

import type { StorageRecord } from "@tetrad/core";
import {
  type BatchOptions,
  defineSettings,
  type KVStorageImplementation,
  type ResolvedStorageOptions,
  type SettingValues,
} from "@tetrad/core/plugin";

import { RecordLog } from "./record-log.js";

/** The settings of this backend beside those of every storage. Core reads and checks them. */
const settings = defineSettings({
  sync: {
    variable: "LOG_KV_SYNC",
    type: "boolean",
    default: true,
    description: "Whether a commit waits until the disk has it",
  },
});

/**
 * Key-value storage in a log: each commit appends the records that changed. Core's guard has
 * checked, cleaned and copied what comes in here, so all that is left is to keep it.
 */
export class LogKVStorage implements KVStorageImplementation {
  static readonly settings = settings;
  readonly #options: ResolvedStorageOptions & SettingValues<typeof settings>;
  #log: RecordLog | undefined;

  constructor(options: ResolvedStorageOptions & SettingValues<typeof settings>) {
    this.#options = options;
  }

  async initialize(): Promise<void> {
    const { workingDir, workspace, namespace } = this.#options;
    this.#log = await RecordLog.open(join(workingDir, workspace), `${namespace}.log`);
  }

  async finalize(): Promise<void> {
    this.#log?.close();
    this.#log = undefined;
  }

  indexDoneCallback(): Promise<void> {
    return this.#open.commit(this.#options.sync);
  }

  async getByIds(ids: readonly string[]): Promise<(StorageRecord | null)[]> {
    return ids.map((id) => this.#open.get(id));
  }

  async upsert(records: ReadonlyMap<string, StorageRecord>): Promise<void> {
    for (const [id, record] of records) this.#open.set(id, record);
  }

  async delete(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#open.set(id, null);
  }

  async *entries(_options: BatchOptions): AsyncIterable<readonly [string, StorageRecord]> {
    // The ids are taken once, so that a record written again meanwhile does not come twice.
    for (const id of this.#open.ids()) {
      const record = this.#open.get(id);
      if (record !== null) yield [id, record];
    }
  }

  drop(): Promise<void> {
    return this.#open.clear(this.#options.sync);
  }

  get #open(): RecordLog {
    if (this.#log === undefined) throw new Error("the log is not open");
    return this.#log;
  }
}
