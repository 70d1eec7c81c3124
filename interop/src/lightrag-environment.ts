import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { cached, cacheFolder } from "@tetrad/services";

const run = promisify(execFile);

/** The folder of the Python program that gives LightRAG's storages to us. */
export const PYTHON_FOLDER = fileURLToPath(new URL("../python", import.meta.url));

/** LightRAG needs this Python. */
const OLDEST_PYTHON = [3, 10] as const;

/** Why LightRAG cannot be had on this machine, and what would help. */
export class LightRagMissingError extends Error {
  override readonly name = "LightRagMissingError";
}

interface Python {
  readonly command: string;
  readonly version: string;
}

/**
 * A private virtual environment with the pinned LightRAG, made in the cache folder on first use.
 *
 * @returns the path of its Python
 * @throws LightRagMissingError where there is no suitable Python, or its packages cannot be had
 */
export async function prepareLightRag(say: (message: string) => void = () => {}): Promise<string> {
  const python = await findPython();
  const requirements = ["requirements.txt", "constraints.txt"].map((name) => join(PYTHON_FOLDER, name));
  const hash = createHash("sha256").update(python.version);
  for (const file of requirements) hash.update(await readFile(file));
  const folder = await cached(`lightrag-${hash.digest("hex").slice(0, 16)}`, async (unfinished) => {
    say(`Installing Python LightRAG into ${cacheFolder()}, once; it takes about a minute.`);
    await installInto(unfinished, python, requirements);
  });
  return pythonOf(folder);
}

async function findPython(): Promise<Python> {
  const named = process.env["TETRAD_PYTHON"];
  const commands = named ? [named] : ["python3", "python"];
  const found: string[] = [];
  for (const command of commands) {
    const version = await versionOf(command);
    if (version === null) continue;
    const [major = 0, minor = 0] = version.split(".").map(Number);
    const [oldestMajor, oldestMinor] = OLDEST_PYTHON;
    if (major === oldestMajor && minor >= oldestMinor) return { command, version };
    found.push(`${command} is ${version}`);
  }
  const here = found.length === 0 ? `there is no ${commands.join(" or ")} here` : found.join(", ");
  throw new LightRagMissingError(
    `LightRAG needs Python ${OLDEST_PYTHON.join(".")} or later, and ${here}. Install one, or name it in TETRAD_PYTHON.`,
  );
}

async function versionOf(command: string): Promise<string | null> {
  try {
    const { stdout } = await run(command, ["-c", "import platform; print(platform.python_version())"]);
    return stdout.trim();
  } catch {
    return null;
  }
}

async function installInto(folder: string, { command }: Python, files: readonly string[]): Promise<void> {
  const [requirements = "", constraints = ""] = files;
  try {
    await run(command, ["-m", "venv", folder]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    await run(pythonOf(folder), [...pip, "-r", requirements, "-c", constraints]);
  } catch (error) {
    throw new LightRagMissingError(`LightRAG could not be installed: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const { stderr, stdout, message } = error as Error & { stderr?: string; stdout?: string };
  const said = (stderr || stdout || message).trim().split("\n");
  return said.slice(-5).join("\n");
}

function pythonOf(folder: string): string {
  return process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
}
