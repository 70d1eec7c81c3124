import { computeMdhashId, type LLMResponse, type TextChunk, type TwelveStorages } from "@tetrad/core";

import { findEntities } from "./find-entities.js";
import { type Findings, formatFindings, parseFindings } from "./findings.js";

type Chunk = Pick<TextChunk, "content">;

/** Where the findings of a chunk are kept in the response cache: the same text has the same key. */
export function cacheKey(content: string): string {
  return computeMdhashId(content, "default:extract:");
}

/** What is found in each chunk: from the response cache, or looked for now and kept there. */
export async function extractChunks(
  { llmResponseCache }: TwelveStorages,
  chunks: ReadonlyMap<string, Chunk>,
): Promise<Map<string, Findings>> {
  const findings = new Map<string, Findings>();
  const responses = new Map<string, LLMResponse>();
  const cached = await llmResponseCache.getByIds(
    [...chunks.values()].map(({ content }) => cacheKey(content)),
  );
  for (const [index, [chunkId, { content }]] of [...chunks].entries()) {
    const text = cached[index]?.return ?? formatFindings(findEntities(content));
    findings.set(chunkId, parseFindings(text));
    if (cached[index] === null) responses.set(cacheKey(content), response(chunkId, text));
  }
  await llmResponseCache.upsert(responses);
  return findings;
}

function response(chunkId: string, text: string): LLMResponse {
  return { return: text, cache_type: "extract", chunk_id: chunkId, original_prompt: "", queryparam: null };
}
