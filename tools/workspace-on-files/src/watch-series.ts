import { linesOfParent, tell } from "./lines.js";
import { openDemo } from "./open-demo.js";
import { SeriesObserver } from "./series.js";

/**
 * Reads what others commit until it is sent a line: `watch-series FOLDER WRITER...`. Tells `opened`,
 * then `fault …` for each, and `read N` in the end.
 */
async function main(): Promise<void> {
  const [, , workingDir = "", ...writers] = process.argv;
  const storages = await openDemo(workingDir);
  const observer = new SeriesObserver(storages, writers);
  const watching = new AbortController();
  const over = firstLine(watching);
  tell("opened");
  while (!watching.signal.aborted) {
    await observer.read();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await over;
  await observer.expectAll();
  for (const fault of observer.faults) tell(`fault ${fault}`);
  tell(`read ${observer.reads}, ${observer.quietReads} of them of one state`);
  await storages.finalize();
  process.stdin.unref();
}

async function firstLine(watching: AbortController): Promise<void> {
  for await (const _ of linesOfParent()) break;
  watching.abort();
}

await main();
