import { isMainThread, parentPort, workerData } from "node:worker_threads";

import { tell } from "./lines.js";
import { openDemo } from "./open-demo.js";
import { COMMITS_OF_A_WRITER, writeCommit } from "./series.js";

/**
 * Writes a series: `write-series FOLDER WRITER`, in a process or as a worker thread with the same two
 * as its data. Tells `opened`, `committed N` after each commit, and `finalized`.
 */
async function main([workingDir = "", writer = ""]: readonly string[]): Promise<void> {
  const say = isMainThread ? tell : (line: string) => parentPort?.postMessage(line, []);
  const storages = await openDemo(workingDir);
  say("opened");
  for (let commit = 1; commit <= COMMITS_OF_A_WRITER; commit += 1) {
    await writeCommit(storages, writer, commit);
    say(`committed ${commit}`);
  }
  await storages.finalize();
  say("finalized");
}

await main(isMainThread ? process.argv.slice(2) : (workerData as string[]));
