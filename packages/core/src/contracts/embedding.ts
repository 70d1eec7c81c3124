/** How one call of the embedding model is to be treated. */
export interface EmbedOptions {
  /** Whether the texts are stored or searched for; some models embed the two differently. */
  readonly context: "document" | "query";
  /** Lower goes first: queries come with 5, documents with 10, as in LightRAG. */
  readonly priority: number;
  readonly signal?: AbortSignal | undefined;
}

/** The embedding model, as the application provides it. */
export interface Embedding {
  /** Length of every vector. */
  readonly dimension: number;
  /** Names the vector space; a store made with another model refuses to open. */
  readonly modelName?: string | undefined;
  /** Longest input the model takes, in tokens. Informative: texts are passed on uncut. */
  readonly maxTokens?: number | undefined;
  /** One vector for each text, in the order of the texts. */
  embed(texts: readonly string[], options: EmbedOptions): Promise<readonly ArrayLike<number>[]>;
}
