import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";

import { parseJson, stringifyJson } from "@tetrad/core/plugin";

import { PYTHON_FOLDER } from "./lightrag-environment.js";
import { fromWire, toWire } from "./wire-values.js";

/** What Python raised. */
export class LightRagError extends Error {
  override readonly name = "LightRagError";
  /** The name of the exception's class. */
  readonly type: string;
  constructor(type: string, message: string) {
    super(`${type}: ${message}`);
    this.type = type;
  }
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly type: string; readonly message: string };
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

const KEPT_OUTPUT = 4000;

/** Python with LightRAG: requests and answers as lines of JSON. */
export class LightRagProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, Waiting>();
  #requests = 0;
  #end: string | undefined;
  #printed = "";

  /**
   * @param python the Python of LightRAG's virtual environment
   * @param without installed modules that it shall not see
   */
  constructor(python: string, without: readonly string[] = []) {
    const hidden = without.flatMap((module) => ["--without", module]);
    this.#child = spawn(python, ["-m", "lightrag_server", ...hidden], {
      // LightRAG reads the `.env` of its folder, and variables that the tests choose themselves.
      cwd: tmpdir(),
      env: {
        PATH: process.env["PATH"],
        SYSTEMROOT: process.env["SYSTEMROOT"],
        PYTHONPATH: PYTHON_FOLDER,
        PYTHONDONTWRITEBYTECODE: "1",
        PYTHONHASHSEED: "0",
        PYTHONUTF8: "1",
      },
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#printed = (this.#printed + text).slice(-KEPT_OUTPUT);
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#answered(line));
    this.#child.on("error", (error) => this.#ended(`cannot be started: ${error.message}`));
    this.#child.on("close", (code, signal) => this.#ended(`ended with ${signal ?? code}`));
    // A write to a process that is gone: its end says more.
    this.#child.stdin.on("error", () => {});
  }

  async request(operation: string, fields: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (this.#end !== undefined) throw this.#gone(this.#end);
    const id = ++this.#requests;
    const answered = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#child.stdin.write(`${stringifyJson({ id, operation, with: toWire(fields) })}\n`);
    return answered;
  }

  /** Ends it at once, as a crash would. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Ends it; what is not finalized is lost. */
  async stop(): Promise<void> {
    if (this.#end !== undefined) return;
    const closed = once(this.#child, "close");
    this.#child.stdin.end();
    await closed;
  }

  #answered(line: string): void {
    const { id, result, error } = parseJson(line) as Answer;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(fromWire(result));
    else waiting?.reject(new LightRagError(error.type, error.message));
  }

  #ended(how: string): void {
    this.#end ??= how;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#gone(how));
    this.#waiting.clear();
  }

  #gone(how: string): Error {
    return new Error(`Python LightRAG ${how}. It last printed:\n${this.#printed}`);
  }
}
