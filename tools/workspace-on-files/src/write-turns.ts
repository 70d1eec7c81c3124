import { openStorages } from "@tetrad/core";

import { linesOfParent, tell } from "./lines.js";
import { TextEmbedding } from "./text-embedding.js";
import { faultsOf, lastTurn, readRows, writeTurn } from "./turns.js";
// Loaded before the first line comes, so that a run begins with opening the files.
import "@tetrad/json-kv";
import "@tetrad/nano-vectordb";
import "@tetrad/networkx";

/** What a run is to do, sent as one line of JSON. */
export interface TurnsToWrite {
  readonly workingDir: string;
  /** For `TETRAD_SNAPSHOT`. */
  readonly snapshot: string;
  /** How many turns it writes before it finalizes and ends. */
  readonly turns: number;
}

/**
 * Looks what is there, and writes one turn after another until it is killed. Tells `ready`; then, for
 * the line it is sent, `opened N` with the turns it found or `fault …`, `committed N` after each
 * commit, `finalizing` and `finalized`.
 */
async function main(): Promise<void> {
  tell("ready");
  for await (const line of linesOfParent()) {
    const { workingDir, snapshot, turns } = JSON.parse(line) as TurnsToWrite;
    const env = { TETRAD_SNAPSHOT: snapshot };
    const embedding = new TextEmbedding();
    const storages = await openStorages({
      workingDir,
      workspace: "demo",
      embedding,
      env,
      resolveFrom: import.meta.url,
    });
    const rows = await readRows(storages);
    for (const fault of faultsOf(rows)) tell(`fault ${fault}`);
    const found = lastTurn(rows.joint.get("fullDocs"));
    tell(`opened ${found}`);
    for (let turn = found + 1; turn <= found + turns; turn += 1) {
      await writeTurn(storages, turn);
      await storages.indexDoneCallback();
      tell(`committed ${turn}`);
    }
    tell("finalizing");
    await storages.finalize();
    tell("finalized");
    return;
  }
}

await main();
