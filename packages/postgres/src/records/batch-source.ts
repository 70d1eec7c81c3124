import { type Value, VectorList } from "../database.js";
import { arrayParameter } from "../sql-text.js";

/** A column of rows that are to be written: the value of each, as text or a vector. */
export interface BatchColumn {
  readonly name: string;
  readonly type: string;
  readonly cells: readonly (string | null)[] | VectorList;
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
  const lists = [arrayParameter(firstParameter)];
  const listed = ["id"];
  const selected = ["given.id"];
  for (const { name, type, cells } of columns) {
    const number = firstParameter + values.length;
    const same = valueOfAll(cells);
    values.push(same === undefined ? cells : same);
    selected.push(`${same === undefined ? `given."${name}"` : `$${number}::text`}::${type} AS "${name}"`);
    if (same !== undefined) continue;
    lists.push(arrayParameter(number, cells instanceof VectorList ? "vector" : "text"));
    listed.push(`"${name}"`);
  }
  const select = `SELECT ${selected.join(", ")} FROM unnest(${lists.join(", ")}) AS given(${listed.join(", ")})`;
  return { select, values };
}

/** @returns `undefined` where there is none */
function valueOfAll(cells: BatchColumn["cells"]): string | null | undefined {
  if (cells instanceof VectorList) return undefined;
  const [first = null] = cells;
  return cells.every((cell) => cell === first) ? first : undefined;
}
