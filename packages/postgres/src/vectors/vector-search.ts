import type { StoredVectorRecord, VectorMatch } from "@tetrad/core";
import { inParallel, untilAborted, type VectorSearchOptions } from "@tetrad/core/plugin";

import type { Database, Row } from "../database.js";
import { arrayParameter, storableTexts } from "../sql-text.js";
import type { OpenedVectors } from "./set-up-vectors.js";
import type { SearchSettings, VectorIndex } from "./vector-index.js";

export interface VectorSearchPlace {
  readonly database: Database;
  /** As an identifier. */
  readonly table: string;
  readonly workspace: string;
  readonly column: OpenedVectors;
  readonly index: VectorIndex | null;
  /** What `decode` reads. */
  readonly selected: string;
  readonly decode: (row: Row) => StoredVectorRecord;
}

interface SearchStatement {
  /** What the rows are ordered by the distance of. */
  readonly expression: string;
  readonly queryType: string;
  readonly condition?: string;
  /** Something added to the distance: no index is ordered by that. */
  readonly addition?: string;
}

/** Finds the most similar rows of a workspace in a table that many workspaces share. */
export class VectorSearch {
  readonly #place: VectorSearchPlace;

  constructor(place: VectorSearchPlace) {
    this.#place = place;
  }

  /** @throws the signal's reason; the server may go on for a while */
  run(
    queries: readonly Float32Array[],
    topK: number,
    { ids, threshold, signal }: VectorSearchOptions,
  ): Promise<VectorMatch[][]> {
    const least = Math.fround(threshold);
    const search = async (): Promise<VectorMatch[][]> => {
      const found: VectorMatch[][] = queries.map(() => []);
      await inParallel(queries.entries(), this.#place.database.writesAtOnce, async ([place, query]) => {
        signal?.throwIfAborted();
        const matches =
          ids === undefined ? await this.#among(query, topK) : await this.#exactly(query, topK, ids);
        found[place] = matches.filter(({ distance }) => Math.fround(distance) >= least);
      });
      return found;
    };
    return untilAborted(search, signal);
  }

  /** By the index, with more effort each time it gives fewer rows than there may be; in the end without it. */
  async #among(query: Float32Array, topK: number): Promise<VectorMatch[]> {
    const { index } = this.#place;
    if (index === null) return this.#exactly(query, topK);
    for (const settings of index.attempts(topK)) {
      const found = await this.#byIndex(index, query, topK, settings);
      if (found.length >= topK) return found;
    }
    return this.#exactly(query, topK);
  }

  async #byIndex(
    index: VectorIndex,
    query: Float32Array,
    topK: number,
    settings: SearchSettings,
  ): Promise<VectorMatch[]> {
    const { database, workspace, column } = this.#place;
    const statement = this.#statement(index);
    const values = [workspace, query, topK];
    const known = Object.entries(settings).filter(
      ([name]) => column.hasIterativeScan || !name.endsWith("iterative_scan"),
    );
    // As they are in the session: one statement, and no transaction around it.
    if (known.length === 0) return this.#matches(await database.query(statement, values));
    const set = known.map(([name, value]) => `set_config('${name}', ${value}, true)`);
    const rows = await database.transaction(
      (session) => session.query(statement, values),
      `SELECT ${set.join(", ")};`,
    );
    return this.#matches(rows);
  }

  async #exactly(query: Float32Array, topK: number, ids?: readonly string[]): Promise<VectorMatch[]> {
    const { database, workspace, column } = this.#place;
    const wanted = { expression: "content_vector", queryType: column.type, addition: " + 0" };
    const values = [workspace, query, topK];
    if (ids === undefined) return this.#matches(await database.query(this.#statement(wanted), values));
    const statement = this.#statement({ ...wanted, condition: `AND id = ANY(${arrayParameter(4)})` });
    return this.#matches(await database.query(statement, [...values, storableTexts(ids)]));
  }

  /** Ordered by the indexed expression; the score is of the stored vector itself. */
  #statement({ expression, queryType, condition = "", addition = "" }: SearchStatement): string {
    const { table, selected, column } = this.#place;
    const query = (type: string): string => `$2::vector::${type}(${column.dimension})`;
    return `SELECT * FROM (
SELECT ${selected}, 1 - (content_vector <=> ${query(column.type)}) AS score
FROM ${table} WHERE workspace = $1::text ${condition} ORDER BY (${expression} <=> ${query(queryType)})${addition} LIMIT $3::bigint
) AS nearest ORDER BY score DESC, created_at, id COLLATE "C"`;
  }

  #matches(rows: readonly Row[]): VectorMatch[] {
    return rows.flatMap((row) => {
      // None is of a row without a vector, and no number of one that is all zeros: it has no direction.
      const distance = row["score"] == null ? Number.NaN : Number(row["score"]);
      return Number.isNaN(distance) ? [] : [{ ...this.#place.decode(row), distance }];
    });
  }
}
