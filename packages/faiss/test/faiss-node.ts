import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const SCRIPT = fileURLToPath(new URL("../dist/build-faiss-node.js", import.meta.url));

/**
 * The folder of a `faiss-node` that loads: the one that is named, else one that is built into the
 * cache on first use.
 */
export async function provideFaissNode(): Promise<string> {
  const named = process.env["FAISS_NODE_PATH"];
  if (named) return named;
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT]);
  return stdout.trim();
}
