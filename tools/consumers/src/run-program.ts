import { spawn } from "node:child_process";

export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

const TIME_LIMIT_MS = 55_000;
const OUTPUT_SHOWN = 4_000;

/**
 * Runs a program to its end.
 *
 * @returns what it wrote to its standard output
 * @throws Error with everything it wrote, when it does not end well
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env = {} }: ProgramOptions,
): Promise<string> {
  // Node starts npm, a batch file on Windows, through a shell only.
  const shell = process.platform === "win32" && !program.endsWith(".exe");
  const child = spawn(program, args, {
    cwd,
    env: { ...cleanEnvironment(), ...env },
    shell,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: TIME_LIMIT_MS,
  });
  let output = "";
  let everything = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    everything += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (everything += text));
  const exit = await new Promise<number | string>((resolve, reject) => {
    child.once("error", reject).once("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
  if (exit === 0) return output;
  throw new Error(
    `${program} ${args.join(" ")} in ${cwd} ended with ${exit}:\n${everything.slice(-OUTPUT_SHOWN)}`,
  );
}

/** Runs a JavaScript file with the Node this process runs on. */
export function runNode(args: readonly string[], options: ProgramOptions): Promise<string> {
  return runProgram(process.execPath, args, options);
}

/** What of npm's configuration tells how to reach the registry and where its cache is. */
const KEPT_NPM_SETTING =
  /^npm_config_(.*registry|cache|userconfig|globalconfig|.*proxy|ca|cafile|strict_ssl)$/i;
/** What a package manager or test runner leaves for the programs it starts. */
const INHERITED = /^(npm_|pnpm_|yarn_|vitest|vite_|turbo_|node_options$|node_path$|node_env$|init_cwd$)/i;

/** The environment of somebody at a fresh prompt, not that of a program run by our own tools. */
function cleanEnvironment(): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    const isKept = !INHERITED.test(name) || KEPT_NPM_SETTING.test(name);
    if (value !== undefined && isKept) environment[name] = value;
  }
  return environment;
}
