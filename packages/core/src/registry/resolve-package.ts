import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Conditions of `exports` that hold when Node imports a package. */
const IMPORT_CONDITIONS = new Set(["node", "import", "module-sync", "default"]);

/**
 * Finds the file that importing a package would load, without loading it: asked of each folder in
 * turn, so that the application's own packages come first.
 *
 * @returns a file URL, or `null` when the package is installed in none of them
 */
export function resolvePackage(specifier: string, folders: readonly string[]): string | null {
  for (const folder of folders) {
    const url = resolveFromFolder(specifier, folder);
    if (url !== null) return url;
  }
  return null;
}

/** Where packages are looked for: what the caller names, the entry script, the working directory, this package. */
export function resolutionFolders(resolveFrom?: string): string[] {
  const folders = resolveFrom === undefined ? [] : [folderOf(resolveFrom)];
  const entryScript = process.argv[1];
  if (entryScript !== undefined && existsSync(entryScript)) folders.push(dirname(realpathSync(entryScript)));
  folders.push(process.cwd(), dirname(fileURLToPath(import.meta.url)));
  return [...new Set(folders)];
}

function folderOf(place: string): string {
  const path = resolve(place.startsWith("file:") ? fileURLToPath(place) : place);
  return existsSync(path) && statSync(path).isDirectory() ? path : dirname(path);
}

function resolveFromFolder(specifier: string, folder: string): string | null {
  const require = createRequire(join(folder, "resolve-from-here.js"));
  try {
    return pathToFileURL(require.resolve(specifier)).href;
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case "MODULE_NOT_FOUND":
        return null;
      case "ERR_PACKAGE_PATH_NOT_EXPORTED":
        return resolveForImportOnly(specifier, require.resolve.paths(specifier) ?? []);
      default:
        throw error;
    }
  }
}

/** A package whose `exports` have an `import` condition only: `require.resolve` does not see it. */
function resolveForImportOnly(packageName: string, folders: readonly string[]): string | null {
  for (const folder of folders) {
    const manifest = join(folder, packageName, "package.json");
    if (!existsSync(manifest)) continue;
    const { exports } = JSON.parse(readFileSync(manifest, "utf8")) as { exports?: unknown };
    const target = importTarget(exports);
    if (target !== null) return pathToFileURL(realpathSync(join(folder, packageName, target))).href;
  }
  return null;
}

function importTarget(exports: unknown): string | null {
  if (typeof exports === "string") return exports;
  if (typeof exports !== "object" || exports === null) return null;
  for (const [key, value] of Object.entries(exports)) {
    if (key !== "." && !IMPORT_CONDITIONS.has(key)) continue;
    const target = importTarget(value);
    if (target !== null) return target;
  }
  return null;
}
