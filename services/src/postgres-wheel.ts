import { execFile } from "node:child_process";
import { chmod, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { cached } from "./cache-folder.js";
import type { PostgresPrograms } from "./postgres-programs.js";
import { ServiceMissingError } from "./service.js";

const run = promisify(execFile);

/** PostgreSQL 16.2 with pgvector 0.6.2, as a package of PyPI has them. */
const WHEEL = "pgserver==0.1.4";
/** The wheel is the same for each Python but for a module that is of no use here. */
const FOR_PYTHON = ["--python-version", "3.11", "--implementation", "cp", "--only-binary", ":all:"];

/** @returns the folder that stands for the package's @throws ServiceMissingError */
export function unpackPostgresWheel(): Promise<string> {
  return cached(WHEEL.replace("==", "-"), async (folder) => {
    try {
      await run("python3", ["-m", "pip", "download", "-q", "--no-deps", ...FOR_PYTHON, "-d", folder, WHEEL]);
      const wheel = (await readdir(folder)).find((name) => name.endsWith(".whl")) ?? "";
      await run("python3", ["-m", "zipfile", "-e", join(folder, wheel), folder]);
      await rm(join(folder, wheel));
      const { initdb, postgres } = postgresInWheel(folder);
      // The server runs as a user who is not us.
      for (const path of [folder, initdb, postgres]) await chmod(path, 0o755);
    } catch (cause) {
      throw new ServiceMissingError(`PyPI's ${WHEEL} could not be had: ${String(cause)}`, { cause });
    }
  });
}

export function postgresInWheel(root: string): PostgresPrograms {
  const programs = join(root, "pgserver", "pginstall", "bin");
  return { initdb: join(programs, "initdb"), postgres: join(programs, "postgres") };
}
