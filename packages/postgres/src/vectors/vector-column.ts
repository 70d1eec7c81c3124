import { StorageCapabilityError } from "@tetrad/core";

import type { Database } from "../database.js";
import { readTableStates } from "../schema/table-state.js";

/** The column of the vectors. */
export interface VectorColumn {
  readonly type: "vector" | "halfvec";
  readonly dimension: number;
}

/** Reads it as it is. */
export async function readVectorColumn(database: Database, table: string): Promise<VectorColumn> {
  const states = await readTableStates(database, [table]);
  const type = states.get(table)?.columns.get("content_vector") ?? "";
  const match = /^(?:.*\.)?(vector|halfvec)\((\d+)\)$/.exec(type);
  if (match === null) {
    throw new StorageCapabilityError(
      `${table}.content_vector is of type ${type}, and has to be a vector with a dimension`,
    );
  }
  return { type: match[1] === "halfvec" ? "halfvec" : "vector", dimension: Number(match[2]) };
}
