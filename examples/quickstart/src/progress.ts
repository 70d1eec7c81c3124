import type { Embedding } from "@tetrad/core";
import { SingleBar } from "cli-progress";

/** Reading and splitting is a small share of the work on a document; embedding is the rest. */
const READING_SHARE = 0.1;
const LONGEST_STEP = 34;

/** Shows how far storing the documents is: a bar on a terminal, a line now and then elsewhere. */
export class Progress {
  readonly #bar: SingleBar | null;
  readonly #print: (line: string) => void;
  #documents = 0;
  #done = 0;
  #inBatch = { documents: 0, read: 0, texts: 0, embedded: 0 };

  constructor(isTerminal: boolean, print: (line: string) => void) {
    this.#bar = isTerminal
      ? new SingleBar({
          format: "[{bar}] {percentage}%  {documents}  {step}",
          barsize: 30,
          hideCursor: true,
          // Ctrl-C is the program's: it closes the storages first.
          gracefulExit: false,
          stream: process.stdout,
        })
      : null;
    this.#print = print;
  }

  start(documents: number): void {
    this.#documents = documents;
    this.#bar?.start(documents, 0, { documents: "", step: "" });
  }

  startBatch(documents: number): void {
    this.#inBatch = { documents, read: 0, texts: 0, embedded: 0 };
  }

  reading(path: string): void {
    this.#show(path.length <= LONGEST_STEP ? path : `…${path.slice(-LONGEST_STEP)}`);
    this.#inBatch.read += 1;
  }

  /** From here on the batch is embedded and written. */
  embedding(texts: number): void {
    this.#inBatch.texts = texts;
    this.#show(`embedding ${texts} texts`);
  }

  embedded(texts: number): void {
    const { embedded, texts: all } = this.#inBatch;
    this.#inBatch.embedded = Math.min(embedded + texts, all);
    if (all > 0) this.#show(`embedding ${this.#inBatch.embedded} of ${all} texts`);
  }

  batchDone(): void {
    this.#done += this.#inBatch.documents;
    this.startBatch(0);
    this.#show("");
    if (this.#bar === null && this.#documents > 1)
      this.#print(`${this.#done} of ${this.#documents} documents stored`);
  }

  stop(): void {
    this.#bar?.stop();
  }

  #show(step: string): void {
    const { documents, read, texts, embedded } = this.#inBatch;
    const reading = documents === 0 ? 0 : read / documents;
    const embedding = texts === 0 ? 0 : embedded / texts;
    const value = this.#done + documents * (READING_SHARE * reading + (1 - READING_SHARE) * embedding);
    this.#bar?.update(value, { documents: `${this.#done} of ${this.#documents} documents`, step });
  }
}

/** The same model, which says after each call how many texts it embedded. */
export function withCount(embedding: Embedding, onEmbedded: (texts: number) => void): Embedding {
  return {
    ...embedding,
    async embed(texts, options) {
      const vectors = await embedding.embed(texts, options);
      onEmbedded(texts.length);
      return vectors;
    },
  };
}
