import { appendFileSync } from "node:fs";

import { openStorages } from "@tetrad/core";
import { TestEmbedding } from "@tetrad/testkit";

import { fill } from "./marks.js";

/**
 * Fills and commits the twelve storages until it is killed, and writes down each commit that was
 * acknowledged: `commit-for-ever FOLDER LEDGER`.
 */
async function main(): Promise<void> {
  const [, , workingDir, ledger = ""] = process.argv;
  const embedding = new TestEmbedding(8);
  const storages = await openStorages({
    workingDir,
    workspace: "demo",
    embedding,
    env: {},
    resolveFrom: import.meta.url,
  });
  for (let number = 1; ; number += 1) {
    await fill(storages, `number ${number}`);
    await storages.indexDoneCallback();
    appendFileSync(ledger, `${number}\n`);
  }
}

void main();
