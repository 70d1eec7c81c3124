import { openStorages } from "@tetrad/core";
import { TestEmbedding } from "@tetrad/testkit";

import { fill, holds } from "./marks.js";

/** Opens a workspace in a process of its own: `open-workspace FOLDER read|write MARK`. */
async function main(): Promise<void> {
  const [, , workingDir, action, mark] = process.argv;
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
