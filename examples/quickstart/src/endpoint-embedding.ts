import { type Embedding, EmbeddingError } from "@tetrad/core";

/** Where an OpenAI-compatible embedding service answers, under LightRAG's names of these settings. */
export interface EndpointSettings {
  /** `EMBEDDING_BINDING_HOST`, for example `https://api.openai.com/v1`. */
  readonly host: string;
  /** `EMBEDDING_BINDING_API_KEY`. */
  readonly apiKey: string | undefined;
  /** `EMBEDDING_MODEL`. */
  readonly model: string;
  /** `EMBEDDING_DIM`. */
  readonly dimension: number;
}

const TIMEOUT_MS = 60_000;
const LONGEST_ANSWER_SHOWN = 300;

/** An embedding model behind `POST {host}/embeddings`: OpenAI's, or a server that speaks like it. */
export function openEndpointEmbedding(settings: EndpointSettings): Embedding {
  return {
    dimension: settings.dimension,
    modelName: settings.model,
    embed: (texts, { signal }) => requestVectors(settings, texts, signal),
  };
}

async function requestVectors(
  settings: EndpointSettings,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<number[][]> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const url = `${settings.host.replace(/\/+$/, "")}/embeddings`;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` }),
      },
      body: JSON.stringify({ model: settings.model, input: texts, encoding_format: "float" }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const answer = await response.text();
    if (!response.ok) throw refusal(settings, url, response.status, answer);
    return readVectors(url, answer);
  } catch (cause) {
    // Giving up is not a failure of the service.
    if (signal?.aborted === true) throw signal.reason;
    if (cause instanceof EmbeddingError) throw cause;
    const reason = timeout.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : reasonOf(cause);
    throw new EmbeddingError(`${url} cannot be reached: ${withoutKey(reason, settings)}`, {
      retryable: true,
    });
  }
}

function refusal(settings: EndpointSettings, url: string, status: number, answer: string): EmbeddingError {
  const shown = withoutKey(answer, settings).replaceAll(/\s+/g, " ").trim().slice(0, LONGEST_ANSWER_SHOWN);
  return new EmbeddingError(`${url} answered ${status}${shown === "" ? "" : `: ${shown}`}`, {
    retryable: status === 429 || status >= 500,
  });
}

/** Some services repeat the key they were given, and so does an error about a header. */
function withoutKey(text: string, { apiKey }: EndpointSettings): string {
  return apiKey === undefined ? text : text.replaceAll(apiKey, "[key]");
}

/** Only the form is checked here; the storages check number and length of the vectors. */
function readVectors(url: string, answer: string): number[][] {
  const rows = readRows(answer);
  if (rows === null) throw new EmbeddingError(`${url} gave no list of embeddings`);
  return rows.sort((a, b) => a.index - b.index).map(({ embedding }) => embedding);
}

function readRows(answer: string): { index: number; embedding: number[] }[] | null {
  try {
    const { data } = JSON.parse(answer) as { data?: unknown };
    if (!Array.isArray(data)) return null;
    return data.map((row: { index?: number; embedding: number[] }, position) => {
      if (!Array.isArray(row.embedding)) throw new TypeError("not a vector");
      return { index: row.index ?? position, embedding: row.embedding };
    });
  } catch {
    return null;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // `fetch` says "fetch failed" and keeps the reason in its cause.
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  return cause?.message || cause?.code || error.message;
}
