import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface ProgramRun {
  readonly printed: string;
  readonly code: number | null;
}

interface RunOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Called when the program has printed its first line; it may read a line in turn. */
  readonly onFirstLine?: () => Promise<unknown>;
}

/** Runs a program in a process of its own, which is to end by itself. */
export async function runProgram(program: string, { env, onFirstLine }: RunOptions): Promise<ProgramRun> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { PATH: process.env["PATH"], ...env },
  });
  const closed = once(child, "close") as Promise<[code: number | null]>;
  let printed = "";
  for (const output of [child.stdout, child.stderr])
    output.setEncoding("utf8").on("data", (text: string) => (printed += text));
  if (onFirstLine !== undefined) {
    await Promise.race([once(child.stdout, "data"), closed]);
    await onFirstLine();
    child.stdin.end("\n");
  }
  const [code] = await closed;
  return { printed, code };
}
