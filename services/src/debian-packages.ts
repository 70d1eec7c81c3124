import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { cached } from "./cache-folder.js";
import { ServiceMissingError } from "./service.js";

const run = promisify(execFile);

/**
 * Debian's packages, unpacked into the cache folder; nothing is installed, and no right is needed.
 *
 * @returns the folder that stands for `/`
 * @throws ServiceMissingError where this is no Debian, or its packages cannot be had
 */
export async function unpackDebianPackages(name: string, packages: readonly string[]): Promise<string> {
  const architecture = await debianArchitecture(name);
  const hash = createHash("sha256")
    .update([architecture, ...packages].join("\n"))
    .digest("hex");
  return cached(`${name}-${hash.slice(0, 12)}`, async (folder) => {
    const archives = join(folder, "archives");
    await mkdir(archives);
    try {
      await run("apt-get", ["download", "-q", ...packages], { cwd: archives });
      for (const archive of await readdir(archives))
        await run("dpkg", ["-x", join(archives, archive), folder]);
    } catch (cause) {
      throw new ServiceMissingError(`Debian's packages of ${name} could not be had: ${lastLines(cause)}`, {
        cause,
      });
    }
    await rm(archives, { recursive: true });
  });
}

/** The folders of libraries in what was unpacked, for `LD_LIBRARY_PATH`. */
export async function libraryPath(root: string): Promise<string> {
  const libraries = ["usr/lib", "lib"].map((folder) => join(root, folder));
  const folders: string[] = [];
  for (const folder of libraries) {
    const names = await readdir(folder).catch(() => []);
    folders.push(
      folder,
      ...names.filter((each) => each.endsWith("-linux-gnu")).map((each) => join(folder, each)),
    );
  }
  return folders.join(":");
}

async function debianArchitecture(name: string): Promise<string> {
  try {
    return (await run("dpkg", ["--print-architecture"])).stdout.trim();
  } catch (cause) {
    throw new ServiceMissingError(`${name} is fetched from Debian's packages, and this is no Debian`, {
      cause,
    });
  }
}

/** What a command said last. */
function lastLines(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: string };
  return (stderr || message).trim().split("\n").slice(-3).join("\n");
}
