import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Whether it answers by now; a rejection counts as no. */
  readonly isReady: () => Promise<boolean>;
  /** In milliseconds. */
  readonly startTimeout?: number;
  /** What ends it in order. Default: SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** The number of the user it runs as, where that is not ours: for servers that refuse to run as root. */
  readonly user?: number;
}

const START_TIMEOUT = 60_000;
const STOP_TIMEOUT = 10_000;
const POLL = 25;
const KEPT_OUTPUT = 8000;
const SET_PARENT_DEATH_SIGNAL = "/usr/bin/setpriv";

/** The process of a server. It ends with ours, also when ours is killed (on Linux). */
export class ServerProcess {
  readonly #command: ServerCommand;
  #child: ChildProcess | undefined;
  #printed = "";

  private constructor(command: ServerCommand) {
    this.#command = command;
  }

  /** Starts it, and waits until it answers. @throws Error with what it printed, where it does not */
  static async start(command: ServerCommand): Promise<ServerProcess> {
    const server = new ServerProcess(command);
    await server.start();
    return server;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it again after `stop` or `kill`. */
  async start(): Promise<void> {
    const { command, args, env, cwd, user } = this.#command;
    const [file, fileArgs] = existsSync(SET_PARENT_DEATH_SIGNAL)
      ? [SET_PARENT_DEATH_SIGNAL, ["--pdeathsig", "KILL", ...asUser(user), command, ...args]]
      : [command, [...args]];
    const child = spawn(file, fileArgs, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.#printed = "";
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding("utf8").on("data", (text: string) => {
        this.#printed = (this.#printed + text).slice(-KEPT_OUTPUT);
      });
    }
    const failure = once(child, "error").then(([error]) => String(error));
    failure.catch(() => {});
    await this.#waitUntilReady(child, failure);
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return;
    const ended = once(child, "exit");
    child.kill(this.#command.stopSignal ?? "SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT);
    await ended;
    clearTimeout(timer);
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** Holds it up: it keeps its connections and answers nothing until `resume`. */
  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  async #waitUntilReady(child: ChildProcess, failure: Promise<string>): Promise<void> {
    const { command, isReady, startTimeout = START_TIMEOUT } = this.#command;
    const deadline = performance.now() + startTimeout;
    let failed: string | undefined;
    void failure.then((reason) => (failed = reason));
    while (!(await isReady().catch(() => false))) {
      if (failed !== undefined || hasEnded(child) || performance.now() > deadline) {
        await this.kill();
        throw new Error(
          `${command} did not start${failed === undefined ? "" : `: ${failed}`}. It printed:\n${this.#printed}`,
        );
      }
      await sleep(POLL);
    }
    // Something else may have answered on its port.
    if (hasEnded(child)) throw new Error(`${command} ended at once. It printed:\n${this.#printed}`);
  }
}

/** Options of `setpriv` for another user: in one call with the death signal, which a change of user takes away. */
export function asUser(user: number | undefined): string[] {
  if (user === undefined) return [];
  return ["--reuid", String(user), "--regid", String(user), "--clear-groups"];
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}
