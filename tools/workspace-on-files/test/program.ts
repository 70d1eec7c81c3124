import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A program that tells nothing for so long hangs. */
const LONGEST_SILENCE_MS = 60_000;

/** A program of this package in a process of its own, and what it tells, line by line. */
export class Program {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #closed: Promise<void>;
  #errors = "";
  #isClosed = false;
  #waiting: (() => void)[] = [];

  /** @param name of the program, built */
  constructor(name: string, ...parameters: readonly string[]) {
    const path = fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));
    this.#child = spawn(process.execPath, [path, ...parameters], { stdio: "pipe" });
    this.#closed = this.#close();
    this.#child.stderr?.on("data", (data: Buffer) => (this.#errors += data.toString()));
    // A process that was killed does not read what it is sent.
    this.#child.stdin?.on("error", () => {});
    if (this.#child.stdout === null) return;
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.#lines.push(line);
      this.#wake();
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** All that it has told so far. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** What it wrote to its error output. */
  get errors(): string {
    return this.#errors;
  }

  send(line: unknown): void {
    this.#child.stdin?.write(`${typeof line === "string" ? line : JSON.stringify(line)}\n`);
  }

  /**
   * Waits for a line that begins so.
   *
   * @returns what follows in it, or `null` when the program ended without it
   * @throws Error when it neither tells anything nor ends
   */
  async told(beginning: string): Promise<string | null> {
    for (;;) {
      const line = this.#lines.find((each) => each.startsWith(beginning));
      if (line !== undefined) return line.slice(beginning.length).trim();
      if (this.#isClosed) return null;
      await this.#nextLine(beginning);
    }
  }

  async #nextLine(expected: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        const last = this.#lines.at(-1) ?? "nothing";
        reject(new Error(`Process ${this.pid} hangs: "${expected}" was expected, "${last}" came last`));
      }, LONGEST_SILENCE_MS);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for its end. @returns its exit code; `null` where a signal ended it */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.#closed;
  }

  async #close(): Promise<void> {
    await once(this.#child, "close");
    this.#isClosed = true;
    this.#wake();
  }

  #wake(): void {
    for (const each of this.#waiting.splice(0)) each();
  }
}
