import type { Order } from "../src/take-orders.js";
import { Program } from "./program.js";

/** What a process failed with. */
export class HelperError extends Error {
  readonly details: Readonly<Record<string, unknown>>;

  constructor(details: Readonly<Record<string, unknown>>) {
    super(String(details["message"]));
    this.details = details;
  }
}

/** Another process with the workspace open, which does what a test tells it. */
export class HelperProcess {
  readonly #program = new Program("take-orders");
  #orders = 0;

  /** @throws HelperError when the order failed there */
  async order(...order: Order): Promise<unknown> {
    this.#orders += 1;
    const number = this.#orders;
    this.#program.send(order);
    const done = this.#program.told(`done ${number} `);
    const failed = this.#program.told(`failed ${number} `);
    const isDone = await Promise.race([done.then((it) => it !== null), failed.then((it) => it === null)]);
    const answer = isDone ? await done : await failed;
    if (answer === null) throw new Error(`The process has ended: ${this.#program.errors}`);
    if (isDone) return JSON.parse(answer) as unknown;
    throw new HelperError(JSON.parse(answer) as Record<string, unknown>);
  }

  get pid(): number {
    return this.#program.pid;
  }

  /** Waits until it has stopped itself, or is about to. */
  async stops(): Promise<void> {
    await this.#program.told("stopping");
  }

  signal(signal: NodeJS.Signals): void {
    this.#program.signal(signal);
  }

  kill(): Promise<void> {
    return this.#program.kill();
  }
}

/** Processes of one test. */
export class HelperProcesses {
  readonly #started: HelperProcess[] = [];

  start(): HelperProcess {
    const helper = new HelperProcess();
    this.#started.push(helper);
    return helper;
  }

  async end(): Promise<void> {
    await Promise.all(this.#started.splice(0).map((helper) => helper.kill()));
  }
}
