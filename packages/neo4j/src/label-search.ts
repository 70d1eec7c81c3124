import { int } from "neo4j-driver";

import type { CypherStatements } from "./cypher-statements.js";
import { codeOf } from "./driver-errors.js";
import type { GraphDatabase } from "./graph-database.js";

/** The first labels that contain a query (trimmed, in lower case), by core's ranking. */
export type LabelSearch = (query: string, limit: number) => Promise<string[]>;

/** Words that the index leaves out: those of Lucene's analyzer for CJK, and of its English one. */
const STOP_WORDS =
  "a an and are as at be but by for if in into is it no not of on or s such t that the their then there these they this to was will with www".split(
    " ",
  );

/** Core's scoring, so that the server may cut the list where core would. */
const RANK = [
  "WITH label, toLower(label) AS lower WHERE lower CONTAINS $query",
  "WITH label, CASE WHEN lower = $query THEN 1000 WHEN lower STARTS WITH $query THEN 500",
  "WHEN lower CONTAINS ' ' + $query OR lower CONTAINS '_' + $query THEN 150 - size(label)",
  "ELSE 100 - size(label) END AS score",
  "RETURN DISTINCT label, score ORDER BY score DESC, label LIMIT $limit",
].join(" ");

/**
 * Waits for what was written a moment ago: LightRAG's index, which is the same, follows its writes
 * with a delay. A millisecond where there is nothing to wait for.
 */
const FULL_TEXT =
  "CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh() CALL db.index.fulltext.queryNodes($index, $text) YIELD node WITH node.entity_id AS label";

/**
 * The last sigma of a word has a form of its own in lower case, and Java sees the end of a word
 * elsewhere than JavaScript: both forms are taken for one, and core ranks what is found.
 */
const WITH_SIGMA = "WITH label WHERE replace(toLower(label), 'ς', 'σ') CONTAINS $query RETURN DISTINCT label";

/** Looks at every label. */
export function findByScan(database: GraphDatabase, { scanLabels }: CypherStatements): LabelSearch {
  return async (query, limit) => {
    if (!/[σς]/.test(query)) return rank(database, scanLabels, { query, limit: int(limit) });
    const rows = await database.read(`${scanLabels} ${WITH_SIGMA}`, { query: query.replaceAll("ς", "σ") });
    return rows.map((row) => row.get(0) as string);
  };
}

/** Asks the full-text index where that cannot miss a label, and looks at every label elsewhere. */
export function findByFullText(
  database: GraphDatabase,
  statements: CypherStatements,
  index: string,
): LabelSearch {
  const scan = findByScan(database, statements);
  return async (query, limit) => {
    const text = /[σς]/.test(query) ? null : fullTextQuery(query);
    if (text === null) return scan(query, limit);
    try {
      return await rank(database, FULL_TEXT, { query, index, text, limit: int(limit) });
    } catch (error) {
      // It is not there yet, or not any more.
      if (!codeOf(error)?.startsWith("Neo.ClientError.Procedure.")) throw error;
      return scan(query, limit);
    }
  };
}

async function rank(
  database: GraphDatabase,
  candidates: string,
  parameters: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  const rows = await database.read(`${candidates} ${RANK}`, parameters);
  return rows.map((row) => row.get(0) as string);
}

/**
 * A query for the full-text index that finds every label with these characters in it, and perhaps
 * others; `null` where there is none. The analyzer never cuts within a run of Latin letters and
 * digits, so such a run stands inside of one word of the index, unless that is left out as a stop
 * word; and runs of Chinese characters are kept as pairs.
 *
 * @param query in lower case
 */
export function fullTextQuery(query: string): string | null {
  const words = (query.match(/[a-z0-9]+/g) ?? []).filter(
    (word) => !STOP_WORDS.some((stopWord) => stopWord.includes(word)),
  );
  if (words.length > 0) return words.map((word) => `+*${word}*`).join(" ");
  const [ideographs] = query.match(/[\u4E00-\u9FFF]{2,}/) ?? [];
  return ideographs === undefined ? null : `"${ideographs}"`;
}
