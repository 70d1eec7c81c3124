import { EmbeddingError } from "@tetrad/core";
import { afterEach, expect, test } from "vitest";

import { chooseEmbedding } from "../src/choose-embedding.js";
import { openEndpointEmbedding } from "../src/endpoint-embedding.js";
import { UsageError } from "../src/usage-error.js";
import { DIMENSION, type Reply, startEmbeddingService, vectorOf } from "./embedding-service.js";

const KEY = "sk-very-secret";
const OPTIONS = { context: "document", priority: 10 } as const;

let close = (): Promise<void> => Promise.resolve();
afterEach(() => close());

async function open(reply?: Reply) {
  const service = await startEmbeddingService(reply);
  close = () => service.close();
  const settings = { host: `${service.host}/`, apiKey: KEY, model: "small", dimension: DIMENSION };
  return { service, embedding: openEndpointEmbedding(settings) };
}

test("asks for all texts at once and puts the vectors in their order", async () => {
  const { service, embedding } = await open();
  expect(await embedding.embed(["one", "two"], OPTIONS)).toEqual([vectorOf("one"), vectorOf("two")]);
  expect(service.received).toMatchObject([
    {
      path: "/v1/embeddings",
      authorization: `Bearer ${KEY}`,
      body: { model: "small", input: ["one", "two"] },
    },
  ]);
});

test("says what the service answered, without the key", async () => {
  const { embedding } = await open(() => ({ status: 401, body: { error: `Incorrect key ${KEY}` } }));
  const failure: unknown = await embedding.embed(["one"], OPTIONS).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(EmbeddingError);
  expect(failure).toMatchObject({ retryable: false });
  expect(String(failure)).toMatch(/\/v1\/embeddings answered 401: .*Incorrect key \[key\]/);
});

test("an overloaded service may be asked again", async () => {
  const { embedding } = await open(() => ({ status: 503, body: "" }));
  await expect(embedding.embed(["one"], OPTIONS)).rejects.toMatchObject({ retryable: true });
});

test.each([["<html>"], [{}], [{ data: [{ index: 0 }] }]])(
  "an answer of another form is refused: %j",
  async (body) => {
    const { embedding } = await open(() => ({ body }));
    await expect(embedding.embed(["one"], OPTIONS)).rejects.toThrow(/gave no list of embeddings/);
  },
);

test("a service that is not there is named with the reason", async () => {
  const { service, embedding } = await open();
  await service.close();
  close = () => Promise.resolve();
  await expect(embedding.embed(["one"], OPTIONS)).rejects.toThrow(
    /\/v1\/embeddings cannot be reached: .*ECONNREFUSED/,
  );
});

test("an abort ends the call with the signal's reason", async () => {
  const { embedding } = await open(() => null);
  const controller = new AbortController();
  const call = embedding.embed(["one"], { ...OPTIONS, signal: controller.signal });
  const reason = new Error("enough");
  controller.abort(reason);
  await expect(call).rejects.toBe(reason);
});

test.each([
  [{ EMBEDDING_BINDING_HOST: "api.example.org" }, /EMBEDDING_BINDING_HOST has to be an address/],
  [{ EMBEDDING_BINDING_HOST: "https://me:pass@example.org" }, /without a user name or key/],
  [{ EMBEDDING_BINDING_HOST: "https://example.org" }, /EMBEDDING_MODEL has to name/],
  [{ EMBEDDING_BINDING_HOST: "https://example.org", EMBEDDING_MODEL: "m" }, /EMBEDDING_DIM has to be/],
])("refuses settings that cannot work: %j", async (env, message) => {
  const failure: unknown = await chooseEmbedding(env).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UsageError);
  expect(String(failure)).toMatch(message);
});
