import type { Session } from "../database.js";
import { quoteIdentifier } from "../sql-text.js";
import { readTableStates } from "./table-state.js";

/** Whether a table is there and has rows of a workspace. */
export async function hasRows(session: Session, table: string, workspace: string): Promise<boolean> {
  const states = await readTableStates(session, [table]);
  if (states.get(table)?.exists !== true) return false;
  const rows = await session.query(
    `SELECT 1 AS one FROM ${quoteIdentifier(table)} WHERE workspace = $1::text LIMIT 1`,
    [workspace],
  );
  return rows.length > 0;
}
