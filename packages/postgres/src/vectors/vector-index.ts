import { StorageCapabilityError, StorageSettingError } from "@tetrad/core";

import type { PostgresSettings } from "../settings.js";
import { quoteLiteral } from "../sql-text.js";
import type { VectorColumn } from "./vector-column.js";
import { indexName } from "./vector-place.js";

/** Of pgvector's indexes. */
const MOST_VECTOR_DIMENSIONS = 2000;
const MOST_HALFVEC_DIMENSIONS = 4000;
/** `hnsw.ef_search` of a session that sets none, and the most there may be. */
const USUAL_CANDIDATES = 40;
const MOST_CANDIDATES = 1000;

export type VectorIndexSettings = Pick<
  PostgresSettings,
  | "vectorIndexType"
  | "hnswM"
  | "hnswEf"
  | "ivfflatLists"
  | "vchordrqBuildOptions"
  | "vchordrqProbes"
  | "vchordrqEpsilon"
>;

/** The index that the settings ask for, and how it is searched. */
export interface VectorIndex {
  readonly name: string;
  readonly definition: string;
  /** What of the column is indexed; a search orders by it. */
  readonly expression: string;
  /** The type of a query's vector beside it. */
  readonly queryType: "vector" | "halfvec";
  /** How it is searched, one after the other until there are rows enough. */
  attempts(topK: number): readonly SearchSettings[];
}

/** Settings of one search, as expressions of SQL; none are those of the session. */
export type SearchSettings = Readonly<Record<string, string>>;

/** The type of the column of a new table. */
export function newColumnType({ vectorIndexType }: VectorIndexSettings): VectorColumn["type"] {
  return vectorIndexType === "HNSW_HALFVEC" ? "halfvec" : "vector";
}

/**
 * The index that the settings ask for on a column as it is: the type of a column that is there is
 * never changed.
 *
 * @returns `null` where none is wanted
 * @throws StorageCapabilityError where no index can hold the dimension
 */
export function wantedIndex(
  table: string,
  column: VectorColumn,
  settings: VectorIndexSettings,
): VectorIndex | null {
  const { vectorIndexType: type, hnswM, hnswEf } = settings;
  if (type === "NONE") return null;
  if (type === "VCHORDRQ") return vchordrqIndex(table, column, settings);
  const halves =
    column.type === "halfvec" || type === "HNSW_HALFVEC" || column.dimension > MOST_VECTOR_DIMENSIONS;
  if (column.dimension > MOST_HALFVEC_DIMENSIONS) {
    throw new StorageCapabilityError(
      `Vectors of ${column.dimension} dimensions cannot be indexed: pgvector's indexes hold ${MOST_HALFVEC_DIMENSIONS} at most. Use a model with fewer dimensions, or POSTGRES_VECTOR_INDEX_TYPE=NONE, with which every search looks at every row.`,
    );
  }
  if (type !== "IVFFLAT" && hnswEf < 2 * hnswM) {
    throw new StorageSettingError(
      `POSTGRES_HNSW_EF = ${hnswEf} is less than twice POSTGRES_HNSW_M = ${hnswM}, and pgvector builds no such index`,
    );
  }
  const isCast = halves && column.type === "vector";
  const expression = isCast ? `(content_vector::halfvec(${column.dimension}))` : "content_vector";
  const queryType = halves ? "halfvec" : "vector";
  const target = `(${expression} ${queryType}_cosine_ops)`;
  // An index on the cast is none that LightRAG knows, and has another name.
  const suffix = (kind: string): string => `${kind}${isCast ? "_cast" : ""}_cosine`;
  if (type === "IVFFLAT") {
    return {
      name: indexName(table, suffix(halves ? "ivfflat_halfvec" : "ivfflat")),
      definition: `USING ivfflat ${target} WITH (lists = ${settings.ivfflatLists})`,
      expression,
      queryType,
      attempts: () => [
        {
          "ivfflat.probes": atLeast("ivfflat.probes", Math.ceil(Math.sqrt(settings.ivfflatLists))),
          "ivfflat.iterative_scan": "'relaxed_order'",
        },
      ],
    };
  }
  return {
    name: indexName(table, suffix(halves ? "hnsw_halfvec" : "hnsw")),
    definition: `USING hnsw ${target} WITH (m = ${hnswM}, ef_construction = ${hnswEf})`,
    expression,
    queryType,
    attempts: hnswAttempts,
  };
}

/** Twice as many candidates as are wanted: those that the session has are enough for a few. */
function hnswAttempts(topK: number): SearchSettings[] {
  const widened = {
    "hnsw.ef_search": atLeast("hnsw.ef_search", Math.min(MOST_CANDIDATES, Math.max(100, topK * 2))),
    "hnsw.iterative_scan": "'relaxed_order'",
  };
  return topK * 2 > USUAL_CANDIDATES ? [widened] : [{}, widened];
}

/** What the session has, where that is more: `ALTER ROLE … SET`, say, is how a user asks for it. */
function atLeast(setting: string, least: number): string {
  return `greatest(nullif(current_setting('${setting}', true), '')::integer, ${least})::text`;
}

function vchordrqIndex(table: string, column: VectorColumn, settings: VectorIndexSettings): VectorIndex {
  const { vchordrqBuildOptions: options, vchordrqProbes: probes, vchordrqEpsilon: epsilon } = settings;
  return {
    name: indexName(table, "vchordrq_cosine"),
    definition: `USING vchordrq (content_vector ${column.type}_cosine_ops)${options === undefined ? "" : ` WITH (options = ${quoteLiteral(options)})`}`,
    expression: "content_vector",
    queryType: column.type,
    attempts: () => [
      {
        ...(probes === undefined ? {} : { "vchordrq.probes": quoteLiteral(probes) }),
        "vchordrq.epsilon": `'${epsilon}'`,
      },
    ],
  };
}

/** The names of all indexes on the vectors that there may be: another than the wanted one goes once that one is there. */
export function vectorIndexNames(table: string): string[] {
  const kinds = [
    "hnsw",
    "hnsw_halfvec",
    "hnsw_halfvec_cast",
    "ivfflat",
    "ivfflat_halfvec",
    "ivfflat_halfvec_cast",
  ];
  return [...kinds, "vchordrq"].map((kind) => indexName(table, `${kind}_cosine`));
}
