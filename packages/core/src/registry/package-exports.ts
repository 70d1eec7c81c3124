/** Conditions of `exports` that hold when Node imports a package. */
const IMPORT_CONDITIONS = new Set(["node", "node-addons", "import", "module-sync", "default"]);

/**
 * The file that the `exports` of a package name for an `import`, by Node's rules. `require.resolve`
 * would answer for a `require`: with another file, or with none where only `import` is provided for.
 *
 * @param subpath `.` for the package itself, else `./path`
 * @returns a path relative to the package, or `null` when it is not exported
 */
export function exportedFile(exports: unknown, subpath: string): string | null {
  const table = subpathTable(exports);
  if (Object.hasOwn(table, subpath) && !subpath.includes("*")) return targetFile(table[subpath], "");
  const pattern = Object.keys(table)
    .filter((key) => matches(key, subpath))
    .sort(byLongestStart)[0];
  if (pattern === undefined) return null;
  const [start = "", end = ""] = pattern.split("*");
  return targetFile(table[pattern], subpath.slice(start.length, subpath.length - end.length));
}

/** `exports` may also be what is exported for the package itself alone. */
function subpathTable(exports: unknown): Readonly<Record<string, unknown>> {
  const isTable = isObject(exports) && Object.keys(exports).every((key) => key.startsWith("."));
  return isTable ? exports : { ".": exports };
}

function matches(pattern: string, subpath: string): boolean {
  const [start = "", end, ...more] = pattern.split("*");
  if (end === undefined || more.length > 0) return false;
  return subpath.length >= pattern.length && subpath.startsWith(start) && subpath.endsWith(end);
}

function byLongestStart(a: string, b: string): number {
  return b.indexOf("*") - a.indexOf("*") || b.length - a.length;
}

function targetFile(target: unknown, wildcard: string): string | null {
  return findTarget(target)?.replaceAll("*", () => wildcard) ?? null;
}

/** `undefined` where no condition holds and the next alternative counts; `null` where a path is closed. */
function findTarget(target: unknown): string | null | undefined {
  if (typeof target === "string" || target === null) return target;
  if (!isObject(target)) return undefined;
  const alternatives = Array.isArray(target)
    ? target
    : Object.entries(target).flatMap(([condition, value]) =>
        IMPORT_CONDITIONS.has(condition) ? [value] : [],
      );
  for (const alternative of alternatives) {
    const found = findTarget(alternative);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
