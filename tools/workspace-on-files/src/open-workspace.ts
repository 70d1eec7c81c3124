import { openStorages } from "@tetrad/core";
import { TestEmbedding } from "@tetrad/testkit";

import { fill, holds } from "./marks.js";

/** The account without rights, on Linux and macOS alike. */
const NOBODY = 65_534;

/** Opens a workspace in a process of its own: `open-workspace FOLDER read|write MARK [nobody]`. */
async function main(): Promise<void> {
  const [, , workingDir, action, mark, account] = process.argv;
  // Rights do not bind root, so a test of them gives its rights up.
  if (account === "nobody" && process.getuid?.() === 0) {
    process.setgid?.(NOBODY);
    process.setuid?.(NOBODY);
  }
  const embedding = new TestEmbedding(8);
  const storages = await openStorages({
    workingDir,
    workspace: "demo",
    embedding,
    env: {},
    resolveFrom: import.meta.url,
  });
  if (action === "write") await fill(storages, mark);
  const found = action === "write" ? null : await holds(storages, mark);
  await storages.finalize();
  process.stdout.write(JSON.stringify(found));
}

void main();
