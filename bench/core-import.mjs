/**
 * What `@tetrad/core` costs an application before it does anything: the time of a first import, the
 * size on the disk, the packages that come with it. Build first, then run `node bench/core-import.mjs`.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const RUNS = 31;
const PACKAGE = new URL("../packages/core/", import.meta.url);
const ENTRY_POINT = "dist/index.js";

const files = packedFiles();
const loaded = loadedBy(ENTRY_POINT);
printTable([
  ["cold import, median", describeTimes()],
  ["loaded by the import", describeFiles([...loaded])],
  ["JavaScript in the package", describeFiles(files.filter((file) => file.endsWith(".js")))],
  ["types", describeFiles(files.filter((file) => file.endsWith(".d.ts")))],
  ["source maps", describeFiles(files.filter((file) => file.endsWith(".map")))],
  ["whole package", describeFiles(files)],
  ["runtime dependencies", String(runtimeDependencies().length)],
]);

/** Times of both modules are taken in turn, so that a busy moment of the machine meets them alike. */
function describeTimes() {
  const folder = mkdtempSync(join(tmpdir(), "tetrad-bench-"));
  const emptyModule = join(folder, "empty.mjs");
  writeFileSync(emptyModule, "");
  const core = [];
  const empty = [];
  for (let run = 0; run < RUNS; run += 1) {
    core.push(importTime(new URL(ENTRY_POINT, PACKAGE).href));
    empty.push(importTime(pathToFileURL(emptyModule).href));
  }
  rmSync(folder, { recursive: true });
  const difference = median(core) - median(empty);
  return `${difference.toFixed(1)} ms (${median(core).toFixed(1)} ms less ${median(empty).toFixed(1)} ms for an empty module; ${RUNS} processes each)`;
}

/** Milliseconds that a first import takes in a process of its own. */
function importTime(url) {
  const code = `
    const start = performance.now();
    await import(${JSON.stringify(url)});
    console.log(performance.now() - start);`;
  return Number(
    execFileSync(process.execPath, ["--input-type=module", "--eval", code], { encoding: "utf8" }),
  );
}

/** The paths that a published package would have. */
function packedFiles() {
  const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: PACKAGE,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    shell: process.platform === "win32",
  });
  return JSON.parse(output)[0].files.map(({ path }) => path);
}

/** A module and those of the package that it imports statically. */
function loadedBy(path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  const source = readFileSync(new URL(path, PACKAGE), "utf8");
  for (const [, relative] of source.matchAll(
    /^(?:import|export|\}) .*?from "(\.\/[^"]+)"|^import "(\.\/[^"]+)"/gm,
  )) {
    loadedBy(`dist/${relative.slice(2)}`, found);
  }
  return found;
}

function describeFiles(paths) {
  const contents = paths.map((path) => readFileSync(new URL(path, PACKAGE)));
  const bytes = contents.reduce((sum, content) => sum + content.length, 0);
  const compressed = contents.reduce((sum, content) => sum + gzipSync(content).length, 0);
  const noun = paths.length === 1 ? "file" : "files";
  return `${paths.length} ${noun}, ${kilobytes(bytes)}, ${kilobytes(compressed)} gzip`;
}

function runtimeDependencies() {
  const manifest = JSON.parse(readFileSync(new URL("package.json", PACKAGE), "utf8"));
  return Object.keys({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.peerDependencies,
  });
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function kilobytes(bytes) {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}

function printTable(rows) {
  const width = Math.max(...rows.map(([label]) => label.length));
  for (const [label, value] of rows) console.log(`${label.padEnd(width)}  ${value}`);
}
