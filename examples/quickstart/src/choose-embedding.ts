import type { Embedding } from "@tetrad/core";

import { openEndpointEmbedding } from "./endpoint-embedding.js";
import { openLocalEmbedding } from "./local-embedding.js";
import { UsageError } from "./usage-error.js";

/** The service that `EMBEDDING_BINDING_HOST` names, or else the model that came with this example. */
export async function chooseEmbedding(env: Readonly<Record<string, string | undefined>>): Promise<Embedding> {
  const host = env["EMBEDDING_BINDING_HOST"];
  if (!host) return openLocalEmbedding();
  checkHost(host);
  const model = env["EMBEDDING_MODEL"];
  if (!model) {
    throw new UsageError("EMBEDDING_BINDING_HOST is set, so EMBEDDING_MODEL has to name its model.");
  }
  const dimension = Number(env["EMBEDDING_DIM"]);
  if (!Number.isInteger(dimension) || dimension < 1) {
    throw new UsageError(
      `EMBEDDING_DIM has to be the length of the vectors of ${model}: a whole number, for example 1536.`,
    );
  }
  return openEndpointEmbedding({
    host,
    apiKey: env["EMBEDDING_BINDING_API_KEY"] || undefined,
    model,
    dimension,
  });
}

function checkHost(host: string): void {
  const url = URL.canParse(host) ? new URL(host) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new UsageError(
      "EMBEDDING_BINDING_HOST has to be an address like https://api.openai.com/v1, without a user name or key in it.",
    );
  }
}
