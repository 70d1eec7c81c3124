import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Logger, type OpenedStorages, openStorages, type OpenStoragesOptions } from "@tetrad/core";
import { TestEmbedding } from "@tetrad/testkit";

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A temporary folder with a workspace on files in it. */
export class TemporaryWorkspace {
  readonly folder = mkdtempSync(join(tmpdir(), "tetrad-workspace-"));
  readonly embedding = new TestEmbedding(8);
  readonly #opened: OpenedStorages[] = [];

  async open(
    options: Partial<OpenStoragesOptions> & { readonly [option: symbol]: unknown } = {},
  ): Promise<OpenedStorages> {
    const storages = await openStorages({
      workingDir: this.folder,
      workspace: "demo",
      embedding: this.embedding,
      env: {},
      logger: silent,
      resolveFrom: import.meta.url,
      ...options,
    });
    this.#opened.push(storages);
    return storages;
  }

  /** LightRAG's files in the folder of each workspace, each with a digest of its content. */
  files(): Record<string, string> {
    return digests(this.folder);
  }

  async remove(): Promise<void> {
    for (const storages of this.#opened) await storages.finalize({ pending: "discard" }).catch(() => {});
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function digests(folder: string, prefix = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (name === ".tetrad") continue;
    if (statSync(path).isDirectory()) Object.assign(found, digests(path, `${prefix}${name}/`));
    else found[prefix + name] = createHash("md5").update(readFileSync(path)).digest("hex");
  }
  return found;
}
