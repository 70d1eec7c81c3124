import { mkdir, open, readFile, realpath, truncate } from "node:fs/promises";
import { join } from "node:path";

import { StorageCorruptionError, StorageIOError, type StorageRecord } from "@tetrad/core";
import { parseJson, stringifyJson } from "@tetrad/core/plugin";

/** The logs that are open in this process: storages of one file share one state, as the contract asks. */
const openLogs = new Map<string, { opening: Promise<RecordLog>; users: number }>();

/**
 * Records by id, kept in a file to which each commit appends a line: the changed records as one
 * JSON object, `null` for a deleted one. A line that a crash cut short was never acknowledged, and
 * is taken off when the file is opened.
 */
export class RecordLog {
  readonly #path: string;
  readonly #records = new Map<string, string>();
  /** Texts of the records changed since the last commit; `null` where one was deleted. */
  #changed = new Map<string, string | null>();
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string) {
    this.#path = path;
  }

  static async open(folder: string, fileName: string): Promise<RecordLog> {
    await mkdir(folder, { recursive: true });
    const path = join(await realpath(folder), fileName);
    const shared = openLogs.get(path) ?? { opening: RecordLog.#read(path), users: 0 };
    openLogs.set(path, shared);
    shared.users += 1;
    return shared.opening.catch((error: unknown) => {
      openLogs.delete(path);
      throw error;
    });
  }

  static async #read(path: string): Promise<RecordLog> {
    const log = new RecordLog(path);
    await log.#load();
    return log;
  }

  close(): void {
    const shared = openLogs.get(this.#path);
    if (shared === undefined) return;
    shared.users -= 1;
    if (shared.users === 0) openLogs.delete(this.#path);
  }

  ids(): string[] {
    return [...this.#records.keys()];
  }

  /** A record of its own for each caller: it is kept as text. */
  get(id: string): StorageRecord | null {
    const text = this.#records.get(id);
    return text === undefined ? null : (parseJson(text) as StorageRecord);
  }

  /** Stores a record, or with `null` deletes it; the next commit makes it durable. */
  set(id: string, record: StorageRecord | null): void {
    const text = record === null ? null : stringifyJson(record);
    if (text === null) this.#records.delete(id);
    else this.#records.set(id, text);
    this.#changed.set(id, text);
  }

  /** Appends what changed. When that fails it stays changed, and the next commit tries again. */
  commit(sync: boolean): Promise<void> {
    return this.#inTurn(async () => {
      const changed = this.#changed;
      if (changed.size === 0) return;
      this.#changed = new Map();
      try {
        await this.#append(formatLine(changed), sync);
      } catch (error) {
        this.#changed = new Map([...changed, ...this.#changed]);
        throw error;
      }
    });
  }

  clear(sync: boolean): Promise<void> {
    for (const id of this.ids()) this.set(id, null);
    return this.commit(sync);
  }

  /** One after another: two appends at once could mix their lines. */
  #inTurn(action: () => Promise<void>): Promise<void> {
    const turn = this.#writing.then(action);
    this.#writing = turn.catch(() => {});
    return turn;
  }

  async #append(line: string, sync: boolean): Promise<void> {
    const file = await open(this.#path, "a").catch((cause: unknown) => this.#fail("open", cause));
    const { size } = await file.stat();
    try {
      await file.writeFile(line);
      if (sync) await file.sync();
    } catch (cause) {
      // Takes half a line off again, so that the next one does not stand behind it.
      await file.truncate(size).catch(() => {});
      this.#fail("write", cause);
    } finally {
      await file.close();
    }
  }

  async #load(): Promise<void> {
    const content = await readFile(this.#path, "utf8").catch((cause: unknown) => {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return "";
      return this.#fail("read", cause);
    });
    const end = content.lastIndexOf("\n") + 1;
    if (end < content.length) await truncate(this.#path, Buffer.byteLength(content.slice(0, end)));
    for (const line of content.slice(0, end).split("\n").slice(0, -1)) this.#applyLine(line);
  }

  #applyLine(line: string): void {
    try {
      for (const [id, record] of Object.entries(parseJson(line) as Record<string, StorageRecord | null>)) {
        if (record === null) this.#records.delete(id);
        else this.#records.set(id, stringifyJson(record));
      }
    } catch (cause) {
      throw new StorageCorruptionError(`${this.#path} has a line that is not JSON. It was left as it is.`, {
        cause,
        path: this.#path,
      });
    }
  }

  #fail(action: string, cause: unknown): never {
    const { code } = cause as NodeJS.ErrnoException;
    throw new StorageIOError(`Cannot ${action} ${this.#path} (${code})`, {
      cause,
      errno: code,
      path: this.#path,
    });
  }
}

/** The changes as one line of JSON. Ids are quoted by hand, since an object cannot have `__proto__` as a plain key. */
function formatLine(changed: ReadonlyMap<string, string | null>): string {
  const members = Array.from(changed, ([id, text]) => `${JSON.stringify(id)}:${text ?? "null"}`);
  return `{${members.join(",")}}\n`;
}
