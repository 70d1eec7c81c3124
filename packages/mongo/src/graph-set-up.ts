import { retryTransient } from "@tetrad/core/plugin";
import type { Collection } from "mongodb";

import { call } from "./connection.js";
import { createIndexes, indexNames } from "./document-indexes.js";
import { mergeDoubleEdges } from "./edge-migration.js";
import type { EdgeDocument } from "./graph-documents.js";
import { isDuplicateKey, isNotImplemented } from "./server-errors.js";
import type { MongoOptions } from "./settings.js";

const ATTEMPTS = 5;
const IS_TEXT = { $exists: true, $type: "string" } as const;

/**
 * The indexes of the edges. LightRAG goes by the name of the unique one: where it is missing, the
 * edges may be of a release that kept one for each direction, and are merged first.
 */
export async function prepareEdges(
  edges: Collection<EdgeDocument>,
  prefix: string,
  options: MongoOptions,
): Promise<void> {
  const unique = `${prefix}edge_endpoints_unique`;
  if (!(await indexNames(edges as unknown as Collection<never>)).has(unique)) {
    // Whoever does not know of the index yet may write another double edge meanwhile.
    await retryTransient(
      async () => {
        await mergeDoubleEdges(edges, options);
        await createUniqueIndex(edges, unique);
      },
      { isTransient: (error) => isDuplicateKey((error as Error).cause), attempts: ATTEMPTS },
    );
  }
  const plans = ["source_node_id", "target_node_id"].map(
    (end) => ({ name: prefix + end, key: { [end]: 1 } }) as const,
  );
  await createIndexes(edges as unknown as Collection<never>, plans, options.logger);
}

async function createUniqueIndex(edges: Collection<EdgeDocument>, name: string): Promise<void> {
  const key = { edge_lo: 1, edge_hi: 1 } as const;
  const partialFilterExpression = { edge_lo: IS_TEXT, edge_hi: IS_TEXT };
  await call(async () => {
    try {
      await edges.createIndex(key, { name, unique: true, partialFilterExpression });
    } catch (error) {
      if (!isNotImplemented(error)) throw error;
      // FerretDB has no partial indexes; there, what lacks the fields does not meet.
      await edges.createIndex(key, { name, unique: true });
    }
  });
}
