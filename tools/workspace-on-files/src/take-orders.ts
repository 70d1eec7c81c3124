import { isStorageError, type OpenedStorages, withKeyLocks } from "@tetrad/core";
import { FaultyFileSystem, fileSystemOption } from "@tetrad/file-engine/testing";

import { linesOfParent, tell } from "./lines.js";
import { fill, holds } from "./marks.js";
import { openDemo } from "./open-demo.js";

/** The record that all processes count up. */
const COUNTER = "counter";
const SCOPE = "demo:counters";

/** A process with the workspace open that does what it is told, one order after another. */
class Orders {
  readonly #fileSystem = new FaultyFileSystem();
  #opened: OpenedStorages | null = null;

  async open(workingDir: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#opened = await openDemo(workingDir, env, { [fileSystemOption]: this.#fileSystem });
  }

  async fill(mark: string): Promise<void> {
    await fill(this.#storages, mark);
  }

  async commit(): Promise<void> {
    await this.#storages.indexDoneCallback();
  }

  async holds(mark: string): Promise<boolean[]> {
    return holds(this.#storages, mark);
  }

  async drop(): Promise<void> {
    await this.#storages.drop();
  }

  async finalize(): Promise<void> {
    await this.#storages.finalize();
  }

  /** The process stops itself when it syncs the journal the next time: it holds the lock then. */
  async stopAtSync(): Promise<void> {
    this.#fileSystem.plan = ({ operation, path }) => {
      if (operation === "sync" && path.includes("journal-")) {
        this.#fileSystem.plan = () => undefined;
        tell("stopping");
        process.kill(process.pid, "SIGSTOP");
      }
      return undefined;
    };
  }

  /** Adds one to the counter, so many times: read, write, commit. */
  async count(times: number): Promise<void> {
    const { fullDocs } = this.#storages;
    for (let time = 0; time < times; time += 1) {
      await withKeyLocks(SCOPE, [COUNTER], async () => {
        const counted = Number((await fullDocs.getById(COUNTER))?.content ?? 0);
        await fullDocs.upsert({ [COUNTER]: { content: String(counted + 1) } });
        await fullDocs.indexDoneCallback();
      });
    }
  }

  async counted(): Promise<number> {
    return Number((await this.#storages.fullDocs.getById(COUNTER))?.content ?? 0);
  }

  /** Takes the lock of the counter and keeps it. */
  async holdCounter(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      withKeyLocks(SCOPE, [COUNTER], () => {
        resolve();
        return new Promise<never>(() => {});
      }).catch(reject);
    });
  }

  get #storages(): OpenedStorages {
    if (this.#opened === null) throw new Error("The first order is `open`");
    return this.#opened;
  }
}

export type OrderName = keyof Orders;
export type Order = { readonly [Name in OrderName]: readonly [Name, ...Parameters<Orders[Name]>] }[OrderName];

/**
 * Takes orders, one a line, as JSON: a method and what it is given. Tells `ready`, and for each order
 * `done N VALUE` or `failed N ERROR`, as JSON.
 */
async function main(): Promise<void> {
  const orders = new Orders();
  tell("ready");
  let number = 0;
  for await (const line of linesOfParent()) {
    number += 1;
    const [name, ...parameters] = JSON.parse(line) as Order;
    try {
      const method: (...parameters: never[]) => Promise<unknown> = orders[name].bind(orders);
      tell(`done ${number} ${JSON.stringify((await method(...(parameters as never[]))) ?? null)}`);
    } catch (error) {
      tell(`failed ${number} ${JSON.stringify(described(error))}`);
    }
  }
}

function described(error: unknown): Record<string, unknown> {
  if (!isStorageError(error)) return { message: String(error) };
  return { code: error.code, message: error.message, outcome: error.outcome };
}

await main();
