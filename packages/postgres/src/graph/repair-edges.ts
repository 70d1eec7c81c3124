import type { Database } from "../database.js";
import { HAS_REVERSED_EDGES, LOCK_REVERSED_EDGES, SORT_REVERSED_EDGES } from "./table-statements.js";

/** Turns round the edges that early releases of LightRAG stored the wrong way, as LightRAG does at its start. */
export async function repairEdges(
  database: Database,
  scope: readonly [workspace: string, namespace: string],
): Promise<void> {
  const found = await database.transaction(
    (session) => session.query(HAS_REVERSED_EDGES, [...scope]),
    // The planner takes a third of all edges for reversed, and would look for the first one among all.
    "SET LOCAL enable_seqscan = off",
  );
  if (found.length === 0) return;
  await database.transaction(async (session) => {
    await session.query(LOCK_REVERSED_EDGES, [...scope]);
    await session.query(SORT_REVERSED_EDGES, [...scope]);
  });
}
