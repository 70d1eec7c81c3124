import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { type OpenedStorages, openStorages } from "@tetrad/core";

import { TextEmbedding } from "../src/text-embedding.js";
import { faultsOf, lastTurn, readRows, writeTurn } from "../src/turns.js";
import type { TurnsToWrite } from "../src/write-turns.js";
import { Program } from "./program.js";
import type { RandomNumbers } from "./random-numbers.js";
import { faultsOfFiles } from "./snapshot-files.js";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Programs that are started ahead, so that none has to wait for one. */
const STARTED_AHEAD = 1;
/** After so many kills the next one gets an empty folder. */
const KILLS_PER_FOLDER = 25;

/** When a writer is killed: after the line that begins so, and that many milliseconds more. */
interface Moment {
  readonly after: string | null;
  readonly milliseconds: number;
}

/** Kills writers of one workspace at random moments, one after another, and looks what they leave. */
export class KilledWriters {
  readonly faults: string[] = [];
  kills = 0;
  /** The longest that a writer took from the order to open up to its first commit, in milliseconds. */
  longestRecovery = 0;
  /** How many died in which part of their work. */
  readonly deaths: Record<string, number> = {};
  readonly #random: RandomNumbers;
  readonly #ready: Program[] = [];
  #folder: string;
  #acknowledged = 0;
  /** Stays open here while others die, in some of the folders, and writes between their deaths. */
  #survivor: OpenedStorages | null = null;

  constructor(random: RandomNumbers) {
    this.#random = random;
    this.#folder = newFolder();
    for (let count = 0; count < STARTED_AHEAD; count += 1) this.#ready.push(new Program("write-turns"));
  }

  async kill(): Promise<void> {
    if (this.kills > 0 && this.kills % KILLS_PER_FOLDER === 0) await this.#beginAnew();
    this.kills += 1;
    const task = {
      workingDir: this.#folder,
      snapshot: this.#random.oneOf("finalize", "finalize", "commit", "threshold"),
      turns: Math.floor(this.#random.below(4)),
    };
    const moment = this.#moment();
    await this.#run(task, moment);
    await this.#look(`after kill ${this.kills} (${JSON.stringify({ ...task, ...moment })})`);
  }

  async end(): Promise<void> {
    await Promise.all(this.#ready.map((program) => program.kill()));
    await this.#survivor?.finalize();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #moment(): Moment {
    const part = this.#random.below(100);
    if (part < 15) return { after: null, milliseconds: this.#random.below(80) };
    if (part < 25) return { after: "opened", milliseconds: this.#random.below(15) };
    if (part < 70) return { after: "committed", milliseconds: this.#random.below(25) };
    return { after: "finalizing", milliseconds: this.#random.below(30) };
  }

  async #run(task: TurnsToWrite, { after, milliseconds }: Moment): Promise<void> {
    const program = this.#ready.shift() ?? new Program("write-turns");
    this.#ready.push(new Program("write-turns"));
    await program.told("ready");
    // Whoever is not to come to its end has no end.
    program.send(after === "finalizing" ? task : { ...task, turns: 1_000_000 });
    const recovered = this.#recovered(program);
    try {
      if (after !== null) await program.told(after);
      await sleep(milliseconds);
    } finally {
      await program.kill();
      await recovered;
    }
    this.#note(program);
  }

  /** Measures how long it takes to its first commit, if it comes so far. */
  async #recovered(program: Program): Promise<void> {
    const start = performance.now();
    if ((await program.told("committed")) === null) return;
    this.longestRecovery = Math.max(this.longestRecovery, performance.now() - start);
  }

  #note(program: Program): void {
    const last = program.lines.at(-1)?.split(" ")[0] ?? "nothing";
    this.deaths[last] = (this.deaths[last] ?? 0) + 1;
    for (const line of program.lines) {
      const [event, number = "0"] = line.split(" ");
      if (event === "fault") this.faults.push(`kill ${this.kills}: the writer found: ${line}`);
      if (event === "opened" && Number(number) < this.#acknowledged)
        this.faults.push(`kill ${this.kills}: ${this.#acknowledged} turns were committed, ${number} found`);
      if (event === "opened" || event === "committed") this.#acknowledged = Number(number);
    }
    if (program.errors !== "") this.faults.push(`kill ${this.kills}: ${program.errors}`);
  }

  /** From time to time; each writer looks at everything too before it goes on. */
  async #look(when: string): Promise<void> {
    const faults = await faultsOfFiles(this.#folder, null);
    const way = this.#random.below(100);
    if (this.#survivor !== null) faults.push(...(await this.#goOn(this.#survivor, way < 60)));
    else if (way < 30) faults.push(...(await this.#finalizeAndLook()));
    else if (way < 40) this.#survivor = await this.#open();
    this.faults.push(...faults.map((fault) => `${when}: ${fault}`));
    if (this.#survivor !== null && way > 90) {
      await this.#survivor.finalize();
      this.#survivor = null;
    }
  }

  async #goOn(storages: OpenedStorages, isToWrite: boolean): Promise<string[]> {
    const faults = await this.#faultsOf(storages);
    if (!isToWrite || faults.length > 0) return faults;
    const { joint } = await readRows(storages);
    const turn = lastTurn(joint.get("fullDocs")) + 1;
    await writeTurn(storages, turn);
    await storages.indexDoneCallback();
    this.#acknowledged = turn;
    return this.#faultsOf(storages);
  }

  async #finalizeAndLook(): Promise<string[]> {
    const storages = await this.#open();
    const faults = await this.#faultsOf(storages);
    const rows = await readRows(storages);
    await storages.finalize();
    faults.push(...(await faultsOfFiles(this.#folder, rows)));
    return faults;
  }

  async #faultsOf(storages: OpenedStorages): Promise<string[]> {
    const rows = await readRows(storages);
    const turn = lastTurn(rows.joint.get("fullDocs"));
    const lost = turn < this.#acknowledged ? [`${this.#acknowledged} turns committed, ${turn} found`] : [];
    return [...faultsOf(rows), ...lost];
  }

  #open(): Promise<OpenedStorages> {
    return openStorages({
      workingDir: this.#folder,
      workspace: "demo",
      embedding: new TextEmbedding(),
      env: {},
      logger: silent,
      resolveFrom: import.meta.url,
    });
  }

  async #beginAnew(): Promise<void> {
    await this.#survivor?.finalize();
    this.#survivor = null;
    rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = newFolder();
    this.#acknowledged = 0;
  }
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), "tetrad-kill-"));
}
