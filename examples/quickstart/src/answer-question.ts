import type { SignalOptions, TwelveStorages, VectorMatch } from "@tetrad/core";

import { inTitleCase } from "./find-names.js";
import { byCodePoint } from "./lightrag-ids.js";

const MOST_CHUNKS = 3;
/** A chunk that mentions what the question names counts as this much nearer. */
const NAMED_BONUS = 0.2;
const MOST_NEAR_ENTITIES = 2;
const MOST_ENTITIES = 6;
const MOST_NEIGHBOURS = 6;

export interface FoundChunk {
  readonly similarity: number;
  readonly path: string;
  readonly content: string;
  /** Whether it mentions an entity that the question names. */
  readonly isNamed: boolean;
}

/** What a language model would be given to answer a question from. */
export interface Answer {
  readonly question: string;
  /** Best first: by nearness, and by whether they mention what the question names. */
  readonly chunks: readonly FoundChunk[];
  /** Those the question names or means, then those that most of the chunks mention. */
  readonly entities: readonly string[];
  /** What those entities are most often mentioned with, strongest first. */
  readonly related: readonly string[];
}

/**
 * A small hybrid search: by name in the graph and by meaning in the vector storages, then from what
 * was found along the relations of the graph.
 */
export async function answerQuestion(
  storages: TwelveStorages,
  question: string,
  { signal }: SignalOptions = {},
): Promise<Answer> {
  // The nearest there are, however far: what is too far is for the reader to judge.
  const options = { threshold: -1, signal };
  const named = await entitiesNamedIn(storages, question);
  const ids = await chunksThatMention(storages, named);
  const [namedChunks, nearChunks, nearEntities] = await Promise.all([
    storages.chunksVdb.query(question, MOST_CHUNKS, { ...options, ids }),
    storages.chunksVdb.query(question, MOST_CHUNKS, options),
    storages.entitiesVdb.query(question, MOST_NEAR_ENTITIES, options),
  ]);
  const matches = new Map([...namedChunks, ...nearChunks].map((match) => [match.id, match]));
  const rank = ({ id, distance }: VectorMatch): number => distance + (ids.has(id) ? NAMED_BONUS : 0);
  const chunks = [...matches.values()].sort((a, b) => rank(b) - rank(a)).slice(0, MOST_CHUNKS);
  const near = nearEntities.map((match) => textOf(match, "entity_name"));
  const mentioned = await entitiesOfChunks(storages, chunks);
  const entities = [...new Set([...named, ...near, ...mentioned])].slice(0, MOST_ENTITIES);
  return {
    question,
    chunks: chunks.map((match) => ({
      similarity: match.distance,
      path: textOf(match, "file_path"),
      content: textOf(match, "content"),
      isNamed: ids.has(match.id),
    })),
    entities,
    related: await strongestNeighbours(storages, entities),
  };
}

/** The entities of the graph that one to three words of the question are the name of. */
async function entitiesNamedIn(storages: TwelveStorages, question: string): Promise<string[]> {
  const words = question
    .split(/\s+/)
    .map((word) => word.replaceAll(/^[^\p{L}\p{N}@]+|[^\p{L}\p{N}]+$/gu, ""));
  const phrases = words.flatMap((_, start) =>
    [1, 2, 3].flatMap((length) => {
      const phrase = words.slice(start, start + length);
      return [phrase.join(" "), phrase.map(inTitleCase).join(" ")];
    }),
  );
  const names = new Set(phrases.filter((phrase) => phrase !== ""));
  return [...(await storages.chunkEntityRelationGraph.hasNodesBatch(names))];
}

async function chunksThatMention(storages: TwelveStorages, names: readonly string[]): Promise<Set<string>> {
  const references = await storages.entityChunks.getByIds(names);
  return new Set(references.flatMap((reference) => reference?.chunk_ids ?? []));
}

/** The entities that these chunks mention: those of most chunks first, then those with most relations. */
async function entitiesOfChunks(storages: TwelveStorages, chunks: readonly VectorMatch[]): Promise<string[]> {
  const chunkIds = new Set(chunks.map(({ id }) => id));
  const docIds = new Set(chunks.map((match) => textOf(match, "full_doc_id")));
  const documents = await storages.fullEntities.getByIds(docIds);
  const names = [...new Set(documents.flatMap((document) => document?.entity_names ?? []))];
  const references = await storages.entityChunks.getByIds(names);
  const degrees = await storages.chunkEntityRelationGraph.nodeDegreesBatch(names);
  return names
    .map((name, index) => ({
      name,
      chunks: references[index]?.chunk_ids.filter((id) => chunkIds.has(id)).length ?? 0,
      degree: degrees.get(name) ?? 0,
    }))
    .filter((entity) => entity.chunks > 0)
    .sort((a, b) => b.chunks - a.chunks || b.degree - a.degree || byCodePoint(a.name, b.name))
    .map(({ name }) => name);
}

async function strongestNeighbours(storages: TwelveStorages, entities: readonly string[]): Promise<string[]> {
  const graph = storages.chunkEntityRelationGraph;
  const pairs = [...(await graph.getNodesEdgesBatch(entities)).values()].flat();
  const edges = await graph.getEdgesBatch(pairs);
  const strengths = new Map<string, number>();
  for (const [index, [, neighbour]] of pairs.entries()) {
    if (entities.includes(neighbour)) continue;
    const weight = Number(edges[index]?.["weight"] ?? 0);
    strengths.set(neighbour, (strengths.get(neighbour) ?? 0) + weight);
  }
  return [...strengths]
    .sort(([a, left], [b, right]) => right - left || byCodePoint(a, b))
    .slice(0, MOST_NEIGHBOURS)
    .map(([name]) => name);
}

/** A field of a stored row: the row may come from another program, so its type is not taken for granted. */
function textOf(match: VectorMatch, field: string): string {
  const value = match[field];
  return typeof value === "string" ? value : "";
}
