#!/usr/bin/env node
/**
 * Builds `faiss-node` from the sources in its npm package against Debian's faiss, for machines that
 * cannot download its binaries from GitHub. Needs g++, npm and, without root, apt-get and dpkg on
 * Debian or Ubuntu (x64, arm64). Prints the folder that FAISS_NODE_PATH is to name.
 *
 *     FAISS_NODE_PATH=$(npx tetrad-build-faiss-node)
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

const VERSION = "0.5.1";
/** Raised when the build changes. */
const BUILD = 1;
const NPM_PACKAGES = [`faiss-node@${VERSION}`, "node-addon-api@6.1.0", "node-api-headers@1.9.0"];
const DEBIAN_PACKAGES = ["libfaiss-dev", "libopenblas0-pthread", "libgfortran5"];

/** Older libraries have no `faiss::idx_t`, which the binding names. */
const COMPATIBILITY = `#include <cstdint>
#include <faiss/Index.h>
#if FAISS_VERSION_MAJOR == 1 && FAISS_VERSION_MINOR <= 7 && FAISS_VERSION_PATCH <= 3
namespace faiss { using idx_t = int64_t; }
#endif
`;

/** @returns the folder of a `faiss-node` that loads */
function buildFaissNode(): string {
  const folder = join(cacheFolder(), `faiss-node-${VERSION}-${BUILD}-${process.platform}-${process.arch}`);
  const built = join(folder, "node_modules", "faiss-node");
  if (existsSync(built)) return built;
  // Made beside its place and moved there when it is whole, so that runs side by side do not meet.
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    compile(unfinished);
    if (existsSync(folder)) return built;
    renameSync(unfinished, folder);
    return built;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function compile(folder: string): void {
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  run(
    "npm",
    ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev", ...NPM_PACKAGES],
    folder,
  );
  const libraries = unpackDebianPackages(folder);
  const modules = join(folder, "node_modules");
  const target = join(modules, "faiss-node", "build", "Release");
  mkdirSync(target, { recursive: true });
  writeFileSync(join(folder, "compatibility.h"), COMPATIBILITY);
  const root = join(folder, "debian", "usr");
  const args = [
    "-std=c++17 -O2 -fPIC -shared -fopenmp -DNAPI_VERSION=8 -DNODE_GYP_MODULE_NAME=faiss_node".split(" "),
    ["-include", join(folder, "compatibility.h")],
    ["-I", join(root, "include"), "-I", join(modules, "node-api-headers", "include")],
    ["-I", join(modules, "node-addon-api"), join(modules, "faiss-node", "src", "faiss.cc")],
    ["-o", join(target, "faiss-node.node")],
    [
      findIn(libraries, /^libfaiss\.(a|so)$/),
      findIn(libraries, /^libopenblas\.so\.0$|^libopenblasp-.*\.so$/),
    ],
    // Beside it, wherever the folder stands.
    ["-Wl,-rpath,$ORIGIN/../../../../lib", "-Wl,--disable-new-dtags"],
  ];
  run("g++", args.flat(), folder);
  const beside = join(folder, "lib");
  mkdirSync(beside);
  for (const path of listFiles(libraries))
    if (/\.so(\.\d+)*$/.test(path))
      cpSync(realpathSync(path), join(beside, path.slice(path.lastIndexOf("/") + 1)));
  rmSync(join(folder, "debian"), { recursive: true });
  run(process.execPath, ["-e", "new (require('./node_modules/faiss-node').IndexFlatIP)(4)"], folder);
}

/** Into a folder of ours: that takes no root. @returns where the libraries are */
function unpackDebianPackages(folder: string): string {
  const packages = join(folder, "packages");
  const root = join(folder, "debian");
  mkdirSync(packages);
  run("apt-get", ["download", ...DEBIAN_PACKAGES], packages);
  for (const name of readdirSync(packages)) run("dpkg", ["-x", join(packages, name), root], folder);
  rmSync(packages, { recursive: true });
  return join(root, "usr", "lib");
}

function findIn(folder: string, pattern: RegExp): string {
  const found = listFiles(folder).find((path) => pattern.test(path.slice(path.lastIndexOf("/") + 1)));
  if (found === undefined) throw new Error(`${folder} has no ${pattern}`);
  return found;
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? listFiles(path) : [path];
  });
}

function run(command: string, args: readonly string[], cwd: string): void {
  try {
    execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
  } catch (cause) {
    const { stderr = "", stdout = "", message } = cause as Error & { stderr?: string; stdout?: string };
    const said = `${stderr}${stdout}`.trim().split("\n").slice(-5).join("\n");
    throw new Error(`faiss-node could not be built: ${command} failed. ${said || message}`, { cause });
  }
}

function cacheFolder(): string {
  return (
    process.env["TETRAD_CACHE_DIR"] ||
    join(process.env["XDG_CACHE_HOME"] || join(homedir() || tmpdir(), ".cache"), "tetrad")
  );
}

try {
  process.stdout.write(`${buildFaissNode()}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
