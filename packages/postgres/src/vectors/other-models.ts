import { DimensionMismatchError, type Embedding } from "@tetrad/core";

import type { Database } from "../database.js";
import { hasRows } from "../schema/has-rows.js";
import { arrayParameter } from "../sql-text.js";
import { readVectorColumn } from "./vector-column.js";
import type { VectorPlace } from "./vector-place.js";

interface ModelCheck {
  readonly database: Database;
  readonly place: VectorPlace;
  readonly workspace: string;
  readonly embedding: Pick<Embedding, "modelName" | "dimension">;
}

const OTHER_TABLES = `SELECT c.relname AS name, obj_description(c.oid, 'pg_class') AS comment
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'content_vector'
WHERE c.relkind IN ('r', 'p') AND starts_with(c.relname, $1::text) AND c.relname <> ALL (${arrayParameter(2)}) AND pg_table_is_visible(c.oid)`;

/** A workspace whose vectors are all of another model would look empty under this one. */
export async function checkOtherModels({ database, place, workspace, embedding }: ModelCheck): Promise<void> {
  const { base, table } = place;
  const others = await database.query(OTHER_TABLES, [base.slice(0, 30), [table]]);
  if (others.length === 0 || (await hasRows(database, table, workspace))) return;
  const given = embedding.modelName ?? null;
  for (const row of others) {
    const name = row["name"] ?? "";
    const stored = storedModel(name, row["comment"] ?? null, base);
    // Tables from before models had names are taken over.
    if (stored === null || (stored.model === null && given !== null)) continue;
    if (await hasRows(database, name, workspace))
      throw await otherModelError(database, name, stored.model, embedding);
  }
}

async function otherModelError(
  database: Database,
  table: string,
  model: string | null,
  embedding: ModelCheck["embedding"],
): Promise<DimensionMismatchError> {
  const { dimension } = await readVectorColumn(database, table);
  const given = embedding.modelName ?? null;
  return new DimensionMismatchError(
    `The workspace has vectors of ${describeModel(model, dimension)} in ${table}, and the embedding is ${describeModel(given, embedding.dimension)}. Use the model they were made with, or drop that storage and index again.`,
    { stored: model ?? dimension, given: given ?? embedding.dimension },
  );
}

function describeModel(name: string | null, dimension: number): string {
  return `${name ?? "a model without a name"} with ${dimension} dimensions`;
}

/** @returns `null` for a table of another namespace */
function storedModel(name: string, comment: string | null, base: string): { model: string | null } | null {
  try {
    const ours = JSON.parse(comment ?? "") as { base?: unknown; model?: unknown };
    if (typeof ours.base === "string") {
      return ours.base === base ? { model: typeof ours.model === "string" ? ours.model : null } : null;
    }
  } catch {
    // No comment of ours: LightRAG made it.
  }
  if (name === base) return { model: null };
  return name.startsWith(`${base}_`) && base.startsWith("lightrag_")
    ? { model: name.slice(base.length + 1).replace(/_\d+d$/, "") }
    : null;
}
