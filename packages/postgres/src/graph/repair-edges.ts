import type { Database } from "../database.js";
import { HAS_REVERSED_EDGES, LOCK_REVERSED_EDGES, SORT_REVERSED_EDGES } from "./table-statements.js";

/** Turns round the edges that early releases of LightRAG stored the wrong way, as LightRAG does at its start. */
export async function repairEdges(
  database: Database,
  scope: readonly [workspace: string, namespace: string],
): Promise<void> {
  const found = await database.query(HAS_REVERSED_EDGES, [...scope]);
  if (found.length === 0) return;
  await database.transaction(async (session) => {
    await session.query(LOCK_REVERSED_EDGES, [...scope]);
    await session.query(SORT_REVERSED_EDGES, [...scope]);
  });
}
