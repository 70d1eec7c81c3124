import {
  type FinalizeOptions,
  type SignalOptions,
  StorageCorruptionError,
  StorageNotOpenError,
} from "@tetrad/core";
import { type ClientLease, splitBatches } from "@tetrad/core/plugin";

import { acquireConnection, type RedisConnection } from "./connection.js";
import type { KeyNames } from "./key-names.js";
import { scanKeys } from "./key-scan.js";
import { claimName, releaseName } from "./name-owner.js";
import { command, eachBatch, RedisCommands } from "./redis-commands.js";
import { evictionError, inspectServer } from "./server-check.js";
import { type RedisStorageOptions, redisSettings } from "./settings.js";
import { parseRecord, type StoredRecord } from "./stored-record.js";

/** Keys in one command, or commands in one request. */
const MAX_KEYS = 500;

/** What an open storage works with. */
interface Opened {
  readonly lease: ClientLease<RedisConnection>;
  readonly commands: RedisCommands;
  readonly keys: KeyNames;
}

/** What both storages on Redis have in common: rows as JSON texts under keys of their own. */
export abstract class RedisRecordStorage<Stored extends object> {
  static readonly settings = redisSettings;
  static readonly workspaceVariable = "REDIS_WORKSPACE";
  readonly capabilities = { keepsCreationTime: true };
  protected readonly options: RedisStorageOptions;
  #opened: Opened | undefined;
  /** Whether all of it was deleted since it was opened. */
  #isDropped = false;

  constructor(options: RedisStorageOptions) {
    this.options = options;
  }

  /** The names of its keys. */
  protected abstract nameKeys(isCluster: boolean): KeyNames;
  /** What is to be done with the stored data before it is used. */
  protected abstract prepare(options: SignalOptions): Promise<void>;

  async initialize(options: SignalOptions = {}): Promise<void> {
    if (this.#opened !== undefined) return;
    const lease = await acquireConnection(this.options);
    try {
      const commands = new RedisCommands(lease.client, this.options.retryAttempts);
      this.#opened = { lease, commands, keys: this.nameKeys(commands.isCluster) };
      await this.#checkServer(commands, options);
      await claimName(commands, this.keys, { ...this.options, ...options });
      await this.prepare(options);
    } catch (error) {
      this.#opened = undefined;
      await lease.release();
      options.signal?.throwIfAborted();
      throw error;
    }
  }

  async finalize(_options?: FinalizeOptions): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened === undefined) return;
    const { commands, keys, lease } = opened;
    try {
      if (this.#isDropped) await releaseName(commands, keys, this.options);
    } catch (error) {
      this.options.logger.warn(`The name of a storage on Redis that was dropped could not be released`, {
        error,
      });
    } finally {
      await lease.release();
    }
  }

  async getByIds(ids: readonly string[]): Promise<(Stored | null)[]> {
    const texts = await this.readTexts(ids);
    return texts.map((text, index) => {
      // LightRAG takes an empty text for no record.
      if (text === null || text === "") return null;
      const record = parseRecord(text);
      if (record === null) throw this.#unreadable(ids[index] ?? "");
      return record as Stored;
    });
  }

  async filterKeys(ids: readonly string[]): Promise<Set<string>> {
    const missing = new Set<string>();
    for (const batch of splitBatches(ids, { maxItems: MAX_KEYS })) {
      const answers = await this.commands.run(batch.map((id) => command("exists", this.keys.row(id))));
      for (const [index, id] of batch.entries()) if (Number(answers[index]) === 0) missing.add(id);
    }
    return missing;
  }

  /** The texts of rows, aligned to the ids; `null` where there is none. */
  protected async readTexts(ids: readonly string[], signal?: AbortSignal): Promise<(string | null)[]> {
    const texts: (string | null)[] = Array.from<null>({ length: ids.length }).fill(null);
    const positions = ids.map((_, index) => index);
    const read = async (batch: readonly number[]): Promise<void> => {
      const names = batch.map((index) => this.keys.row(ids[index] ?? ""));
      const groups = this.commands.groups(names);
      const commands = groups.map((group) => command("mget", ...group.map((at) => names[at] ?? "")));
      const answers = (await this.commands.run(commands, { signal })) as (string | null)[][];
      for (const [index, group] of groups.entries())
        for (const [at, position] of group.entries())
          texts[batch[position] ?? -1] = answers[index]?.[at] ?? null;
    };
    await eachBatch(splitBatches(positions, { maxItems: MAX_KEYS }), read);
    return texts;
  }

  /** Rows by id, without those there are not and, with a warning, those that are no objects. */
  protected async readRecords(
    ids: readonly string[],
    signal?: AbortSignal,
  ): Promise<[id: string, record: StoredRecord][]> {
    const texts = await this.readTexts(ids, signal);
    const unreadable: string[] = [];
    const found = ids.flatMap((id, index): [string, StoredRecord][] => {
      const text = texts[index] ?? "";
      const record = text === "" ? null : parseRecord(text);
      if (record === null && text !== "") unreadable.push(id);
      return record === null ? [] : [[id, record]];
    });
    if (unreadable.length > 0) {
      this.options.logger.warn(
        `${this.constructor.name}: left out ${unreadable.length} rows on Redis that are no JSON objects`,
        { keys: unreadable.slice(0, 10).map((id) => this.keys.row(id)) },
      );
    }
    return found;
  }

  /** Deletes every key that begins with one of these. */
  protected async deleteKeys(prefixes: readonly string[], inSlotOf?: string): Promise<void> {
    for await (const found of scanKeys(this.commands, this.keys.name, { inSlotOf })) {
      await this.unlink(found.filter((key) => prefixes.some((prefix) => key.startsWith(prefix))));
    }
    this.#isDropped = true;
  }

  protected async unlink(names: readonly string[]): Promise<void> {
    for (const batch of splitBatches(names, { maxItems: MAX_KEYS })) {
      const groups = this.commands.groups(batch);
      const commands = groups.map((group) => command("unlink", ...group.map((index) => batch[index] ?? "")));
      await this.commands.run(commands, { outcome: "unknown" });
    }
  }

  protected get commands(): RedisCommands {
    return this.#use().commands;
  }

  protected get keys(): KeyNames {
    return this.#use().keys;
  }

  #use(): Opened {
    if (this.#opened === undefined) throw new StorageNotOpenError(`${this.constructor.name} is not open`);
    return this.#opened;
  }

  async #checkServer(commands: RedisCommands, { signal }: SignalOptions): Promise<void> {
    const { connection } = commands;
    const { isNews, facts } = await connection.inspect(() => inspectServer(commands), signal);
    if (facts.evictionPolicy !== null) {
      const error = evictionError(facts.evictionPolicy, connection.server);
      if (!this.options.allowEvictionPolicy) throw error;
      if (isNews) this.options.logger.warn(error.message);
    }
    if (facts.unreadable !== null && isNews) {
      this.options.logger.warn(
        `Whether Redis at ${connection.server} deletes records when its memory is full cannot be read: ${facts.unreadable}`,
      );
    }
  }

  #unreadable(id: string): StorageCorruptionError {
    const key = this.keys.row(id);
    return new StorageCorruptionError(
      `The row ${JSON.stringify(key)} on Redis is no JSON object. Mend it, or delete it; it stays as it is.`,
      { path: key },
    );
  }
}
