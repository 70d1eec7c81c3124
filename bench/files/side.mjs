/**
 * The two sides, each a process of its own that answers a line of JSON with a line of JSON. They
 * measure their own times, so that the way here and back is in none.
 */
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Lets one side run, so that `--cpu-prof` and the like reach it. */
const NODE_OPTIONS = (process.env["TETRAD_BENCH_NODE_OPTIONS"] ?? "").split(" ").filter(Boolean);

let python;

/** The Python of the environment that `pnpm interop:setup` makes, or the one that is named. */
function lightRagPython() {
  python ??=
    process.env["LIGHTRAG_PYTHON"] ||
    execFileSync("npx", ["-y", "pnpm", "--silent", "interop:setup"], { encoding: "utf8" })
      .trim()
      .split("\n")
      .at(-1);
  return python;
}

export class Side {
  #child;
  #lines;
  #ended;

  /**
   * @param name `ours` or `theirs`
   * @param scripts the program of each, by that name
   */
  constructor(name, scripts = { ours: here("tetrad-side.mjs"), theirs: here("lightrag_side.py") }) {
    const [command, args] =
      name === "ours"
        ? [process.execPath, [...NODE_OPTIONS, scripts.ours]]
        : [lightRagPython(), [scripts.theirs]];
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#ended = once(this.#child, "exit");
  }

  /** @returns what the task measured */
  async ask(task, parameters = {}) {
    this.#child.stdin.write(`${JSON.stringify({ task, ...parameters })}\n`);
    const answered = (async () => {
      for (;;) {
        const [line] = await once(this.#lines, "line");
        if (line.startsWith("=")) return JSON.parse(line.slice(1));
      }
    })();
    const ended = this.#ended.then(([code]) => {
      throw new Error(`A side ended with ${code} during ${task}`);
    });
    return Promise.race([answered, ended]);
  }

  async stop() {
    this.#child.stdin.end();
    await this.#ended;
  }
}

/** A side for as long as an action takes. */
export async function withSide(name, action) {
  const side = new Side(name);
  try {
    return await action(side);
  } finally {
    await side.stop();
  }
}

/** Brings to the disk what was written so far: nobody is to wait for what another has left. */
export async function settle() {
  await run("sync").catch(() => {});
}
