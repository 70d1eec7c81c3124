import type { Row, Session } from "../database.js";
import { arrayParameter } from "../sql-text.js";
import type { TableState } from "./table-definition.js";

const COLUMNS = `
SELECT t.name, a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type,
       pg_table_size(a.attrelid) AS bytes
FROM unnest(${arrayParameter(1)}) AS t(name)
JOIN pg_attribute a ON a.attrelid = to_regclass(quote_ident(t.name)) AND a.attnum > 0 AND NOT a.attisdropped`;

/** And foreign keys, which are not valid and not invalid. */
const INDEXES = `
SELECT t.name, c.relname AS index, i.indisvalid AS valid, CASE WHEN i.indisprimary THEN (
SELECT json_agg(a.attname ORDER BY k.place) FROM unnest(i.indkey) WITH ORDINALITY AS k(number, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
) END AS key_columns
FROM unnest(${arrayParameter(1)}) AS t(name)
JOIN pg_index i ON i.indrelid = to_regclass(quote_ident(t.name))
JOIN pg_class c ON c.oid = i.indexrelid
UNION ALL SELECT t.name, k.conname, NULL, NULL
FROM unnest(${arrayParameter(1)}) AS t(name)
JOIN pg_constraint k ON k.conrelid = to_regclass(quote_ident(t.name)) AND k.contype = 'f'`;

interface OpenTableState {
  readonly exists: boolean;
  readonly columns: Map<string, string>;
  readonly indexes: Map<string, { isValid: boolean }>;
  readonly foreignKeys: Set<string>;
  primaryKey: readonly string[];
  bytes: number;
}

/** What there is of these tables, in the schema that statements without one use. */
export async function readTableStates(
  session: Session,
  names: readonly string[],
): Promise<Map<string, TableState>> {
  const states = new Map<string, OpenTableState>();
  for (const row of await session.query(COLUMNS, [names])) {
    const name = row["name"] ?? "";
    const state = states.get(name) ?? emptyState(true);
    states.set(name, state);
    state.columns.set(row["column"] ?? "", row["type"] ?? "");
    state.bytes = Number(row["bytes"]);
  }
  for (const row of await session.query(INDEXES, [names])) {
    const state = states.get(row["name"] ?? "");
    if (state === undefined) continue;
    noteIndex(state, row);
  }
  for (const name of names) if (!states.has(name)) states.set(name, emptyState(false));
  return states;
}

function noteIndex(state: OpenTableState, { index, valid, key_columns: keyColumns }: Row): void {
  if (valid == null) state.foreignKeys.add(index ?? "");
  else state.indexes.set(index ?? "", { isValid: valid === "t" });
  if (keyColumns != null) state.primaryKey = JSON.parse(keyColumns) as string[];
}

function emptyState(exists: boolean): OpenTableState {
  const [columns, indexes, foreignKeys] = [new Map(), new Map(), new Set<string>()];
  return { exists, columns, indexes, foreignKeys, primaryKey: [], bytes: 0 };
}
