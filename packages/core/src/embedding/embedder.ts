import type { Embedding } from "../contracts/embedding.js";
import { reportEvent } from "../diagnostics.js";
import { isAbort } from "../errors/abort.js";
import { EmbeddingError, isStorageError } from "../errors/index.js";
import { CallLimiter } from "./call-limiter.js";
import { toFloat32 } from "./vector-checks.js";
import { VectorCopies } from "./vector-copies.js";

const PRIORITY = { query: 5, document: 10 } as const;

/** One limit for all storages that share a model. */
const limiters = new WeakMap<Embedding, CallLimiter>();

export interface EmbedderOptions {
  readonly embedding: Embedding;
  readonly storage: string;
  readonly workspace: string;
  readonly namespace: string;
  /** Calls of the model under way at one time. */
  readonly maxAsync: number;
}

/** Calls the embedding model and checks what it gives. */
export class Embedder {
  readonly #options: EmbedderOptions;
  readonly #limiter: CallLimiter;

  constructor(options: EmbedderOptions) {
    this.#options = options;
    this.#limiter = limiters.get(options.embedding) ?? new CallLimiter();
    limiters.set(options.embedding, this.#limiter);
  }

  get dimension(): number {
    return this.#options.embedding.dimension;
  }

  /**
   * One call of the model.
   *
   * @returns a float32 copy of each vector, as long as the model made it
   * @throws EmbeddingError when the model fails or gives anything but one usable vector for each text
   */
  async embed(
    texts: readonly string[],
    context: "document" | "query",
    signal: AbortSignal | undefined,
  ): Promise<Float32Array[]> {
    const { embedding, maxAsync, storage, workspace, namespace } = this.#options;
    const priority = PRIORITY[context];
    const vectors = await this.#limiter.run(maxAsync, priority, signal, () =>
      reportEvent("embed", { storage, workspace, namespace, count: texts.length }, () =>
        callModel(embedding, texts, { context, priority, signal }),
      ),
    );
    return checkVectors(vectors, texts.length, embedding.dimension);
  }
}

async function callModel(
  embedding: Embedding,
  texts: readonly string[],
  options: Parameters<Embedding["embed"]>[1],
): Promise<readonly ArrayLike<number>[]> {
  try {
    return await embedding.embed([...texts], options);
  } catch (cause) {
    if (isAbort(cause, options.signal) || isStorageError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EmbeddingError(
      `The embedding model failed: ${reason}. What was to be embedded stays pending.`,
      {
        cause,
        retryable: true,
      },
    );
  }
}

function checkVectors(vectors: unknown, texts: number, dimension: number): Float32Array[] {
  if (!Array.isArray(vectors)) throw new EmbeddingError("The embedding model gave no list of vectors");
  if (vectors.length !== texts) {
    throw new EmbeddingError(`The embedding model gave ${vectors.length} vectors for ${texts} texts`);
  }
  const copies = new VectorCopies();
  return vectors.map((vector: ArrayLike<number>, index) =>
    toFloat32(vector, dimension, `Vector ${index + 1} of ${texts} from the embedding model`, copies),
  );
}
