import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { exportedFile } from "./package-exports.js";
import { isFileSpecifier, packageToInstall } from "./storage-name.js";

/** What Yarn's Plug'n'Play, which has no `node_modules`, adds to `node:module`. */
interface PlugAndPlay {
  findPnpApi?(path: string): { resolveToUnqualified(request: string, issuer: string): string } | null;
}

/**
 * Finds the file that importing a package would load, without loading it: asked of each folder in
 * turn, so that the application's own packages come first.
 *
 * @returns a file URL, or `null` when the package is installed in none of them
 * @throws Error when a package is there but does not give a file for the specifier
 */
export function resolvePackage(specifier: string, folders: readonly string[]): string | null {
  for (const folder of folders) {
    const path = resolveFromFolder(specifier, join(folder, "resolve-from-here.js"));
    if (path !== null) return pathToFileURL(path).href;
  }
  return null;
}

/** Where packages are looked for: what the caller names, the entry script, the working directory, this package. */
export function resolutionFolders(resolveFrom?: string): string[] {
  return [...new Set([...applicationFolders(resolveFrom), dirname(fileURLToPath(import.meta.url))])];
}

/** The folders of the application, without that of this package. */
export function applicationFolders(resolveFrom?: string): string[] {
  const folders = resolveFrom === undefined ? [] : [folderOf(resolveFrom)];
  const entryScript = process.argv[1];
  if (entryScript !== undefined) folders.push(folderOf(entryScript));
  return [...new Set([...folders, process.cwd()])];
}

/** `node .` names a folder as entry script, `node main` a file without its extension. */
function folderOf(place: string): string {
  const path = resolve(place.startsWith("file:") ? fileURLToPath(place) : place);
  if (!existsSync(path)) return dirname(path);
  return statSync(path).isDirectory() ? path : dirname(realpathSync(path));
}

function resolveFromFolder(specifier: string, issuer: string): string | null {
  if (isFileSpecifier(specifier)) return ifFound(() => createRequire(issuer).resolve(specifier));
  const name = packageToInstall(specifier);
  const packageFolder = findPackageFolder(name, issuer);
  if (packageFolder === null) return null;
  const subpath = `.${specifier.slice(name.length)}`;
  const { exports } = readManifest(packageFolder);
  if (exports === undefined || exports === null) {
    return createRequire(join(packageFolder, "package.json")).resolve(subpath === "." ? "./" : subpath);
  }
  const file = exportedFile(exports, subpath);
  if (file === null)
    throw new Error(`${join(packageFolder, "package.json")} exports nothing as "${subpath}"`);
  const path = join(packageFolder, file);
  if (!existsSync(path)) throw new Error(`${path}, which its package.json names, does not exist`);
  return path;
}

function findPackageFolder(name: string, issuer: string): string | null {
  const plugAndPlay = (Module as PlugAndPlay).findPnpApi?.(issuer) ?? null;
  if (plugAndPlay !== null) return ifFound(() => plugAndPlay.resolveToUnqualified(name, issuer));
  const own = enclosingPackage(dirname(issuer));
  if (own !== null && readManifest(own).name === name) return own;
  const candidates = (createRequire(issuer).resolve.paths(name) ?? []).map((modules) => join(modules, name));
  const found = candidates.find(hasManifest);
  // pnpm links to packages; Node goes by where they are.
  return found === undefined ? null : realpathSync(found);
}

function enclosingPackage(folder: string): string | null {
  if (hasManifest(folder)) return folder;
  const parent = dirname(folder);
  return parent === folder ? null : enclosingPackage(parent);
}

function hasManifest(folder: string): boolean {
  return existsSync(join(folder, "package.json"));
}

function readManifest(folder: string): { readonly name?: unknown; readonly exports?: unknown } {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, unknown>;
}

function ifFound(find: () => string): string | null {
  try {
    return find();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return null;
    throw error;
  }
}
