import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { cached } from "./cache-folder.js";
import { ServiceMissingError } from "./service.js";

const run = promisify(execFile);

export interface UnpackOptions {
  /** Of this release of Debian, whichever runs here. Default: the one that runs here. */
  readonly release?: string;
  /** What else has to be done before the folder is whole. */
  readonly finish?: (root: string) => Promise<void>;
}

/**
 * Debian's packages, unpacked into the cache folder; nothing is installed, and no right is needed.
 *
 * @returns the folder that stands for `/`
 * @throws ServiceMissingError where this is no Debian, or its packages cannot be had
 */
export async function unpackDebianPackages(
  name: string,
  packages: readonly string[],
  { release, finish }: UnpackOptions = {},
): Promise<string> {
  const architecture = await debianArchitecture(name);
  const hash = createHash("sha256")
    .update([architecture, ...(release === undefined ? [] : [release]), ...packages].join("\n"))
    .digest("hex");
  return cached(`${name}-${hash.slice(0, 12)}`, async (folder) => {
    const archives = join(folder, "archives");
    await mkdir(archives);
    try {
      const options = release === undefined ? [] : await readRelease(release, archives);
      await run("apt-get", [...options, "download", "-q", ...packages], { cwd: archives });
      for (const archive of await readdir(archives)) {
        if (archive.endsWith(".deb")) await run("dpkg", ["-x", join(archives, archive), folder]);
      }
      await finish?.(folder);
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

/** Reads the lists of another release, apart from those of the system. @returns apt's options for it */
async function readRelease(release: string, folder: string): Promise<string[]> {
  const apt = join(folder, "apt");
  const source = join(apt, "sources.list");
  for (const each of ["state/lists/partial", "cache/archives/partial"])
    await mkdir(join(apt, each), { recursive: true });
  const key = "/usr/share/keyrings/debian-archive-keyring.gpg";
  await writeFile(source, `deb [signed-by=${key}] http://deb.debian.org/debian ${release} main\n`);
  const settings = {
    "Dir::State": join(apt, "state"),
    "Dir::State::status": "/dev/null",
    "Dir::Cache": join(apt, "cache"),
    "Dir::Etc::sourcelist": source,
    "Dir::Etc::sourceparts": "/dev/null",
    // The folder is nobody else's: apt's own user could not read it.
    "APT::Sandbox::User": "",
  };
  const options = Object.entries(settings).flatMap(([setting, value]) => ["-o", `${setting}=${value}`]);
  await run("apt-get", [...options, "-q", "update"]);
  return options;
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
