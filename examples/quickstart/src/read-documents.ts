import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join } from "node:path";

import { computeMdhashId } from "@tetrad/core";

import { byCodePoint, documentId } from "./lightrag-ids.js";
import { UsageError } from "./usage-error.js";

/** A document of the folder. */
export interface SourceDocument {
  /** LightRAG's id: `doc-` and the md5 of the path. */
  readonly id: string;
  /** Relative to the folder, with `/`, so that it is the same on every system. */
  readonly path: string;
  readonly content: string;
  /** The md5 of the content: whether it changed since it was stored. */
  readonly hash: string;
}

const EXTENSIONS = new Set([".md", ".txt"]);
const SKIPPED_FOLDERS = new Set(["node_modules", "dist"]);

/**
 * Reads the Markdown and text documents of a folder and the folders in it.
 *
 * @param wanted what to read, by path; a folder's path ends with `/`. Left out: everything
 */
export async function readDocuments(folder: string, wanted = /^/): Promise<SourceDocument[]> {
  await checkFolder(folder);
  const documents: SourceDocument[] = [];
  for await (const path of findFiles(folder, "", wanted)) {
    const content = (await readFile(join(folder, path), "utf8")).replace(/^\uFEFF/, "");
    if (content.trim() === "") continue;
    documents.push({ id: documentId(path), path, content, hash: computeMdhashId(content) });
  }
  return documents;
}

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found === null) throw new UsageError(`There is no folder ${folder}.`);
  if (!found.isDirectory()) throw new UsageError(`${folder} is a file. Give the folder it is in.`);
}

async function* findFiles(root: string, folder: string, wanted: RegExp): AsyncGenerator<string> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  // The order of a folder differs from system to system.
  entries.sort((a, b) => byCodePoint(a.name, b.name));
  for (const entry of entries) {
    const path = folder + entry.name;
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) {
      const isSkipped = SKIPPED_FOLDERS.has(entry.name) || !wanted.test(`${path}/`);
      if (!isSkipped) yield* findFiles(root, `${path}/`, wanted);
    } else if (entry.isFile() && EXTENSIONS.has(extname(entry.name).toLowerCase()) && wanted.test(path)) {
      yield path;
    }
  }
}
