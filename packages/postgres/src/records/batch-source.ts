import type { Value } from "../database.js";

/** A column of rows that are to be written: the value of each, as text. */
export interface BatchColumn {
  readonly name: string;
  readonly type: string;
  readonly texts: readonly (string | null)[];
}

/** Rows as a SELECT of typed columns, and the values that belong to it. */
export interface BatchSource {
  readonly select: string;
  readonly values: readonly Value[];
}

/**
 * Rows that are to be written in one statement. A column with the same value in every row, such as a
 * time or a field that no record has, is sent once.
 *
 * @param ids the key of each row, in a column `id`
 * @param firstParameter the number of the first of the values
 */
export function batchSource(
  ids: readonly string[],
  columns: readonly BatchColumn[],
  firstParameter: number,
): BatchSource {
  const values: Value[] = [ids];
  const lists = [`$${firstParameter}::text[]`];
  const listed = ["id"];
  const selected = ["given.id"];
  for (const { name, type, texts } of columns) {
    const parameter = `$${firstParameter + values.length}`;
    const [first = null] = texts;
    const isSame = texts.every((text) => text === first);
    values.push(isSame ? first : texts);
    selected.push(`${isSame ? `${parameter}::text` : `given."${name}"`}::${type} AS "${name}"`);
    if (isSame) continue;
    lists.push(`${parameter}::text[]`);
    listed.push(`"${name}"`);
  }
  const select = `SELECT ${selected.join(", ")} FROM unnest(${lists.join(", ")}) AS given(${listed.join(", ")})`;
  return { select, values };
}
