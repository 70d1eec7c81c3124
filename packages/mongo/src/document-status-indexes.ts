import type { IndexPlan } from "./document-indexes.js";

/**
 * The indexes of document status. Those of LightRAG have its names and definitions; ours end in `_id`,
 * so that documents of one moment come in a fixed order without being sorted.
 */
export function documentStatusIndexes(prefix: string): IndexPlan[] {
  const plans: IndexPlan[] = [
    { name: "status_created_at_id_asc", key: { status: 1, created_at: 1, _id: 1 } },
    { name: "track_id", key: { track_id: 1 } },
    {
      name: "content_hash",
      key: { content_hash: 1 },
      options: { partialFilterExpression: { content_hash: { $exists: true, $type: "string", $gt: "" } } },
    },
    { name: "created_at_id", key: { created_at: 1, _id: 1 } },
    { name: "updated_at_id", key: { updated_at: 1, _id: 1 } },
    { name: "status_updated_at_id", key: { status: 1, updated_at: 1, _id: 1 } },
    { name: "file_path_id", key: { file_path: 1, _id: 1 } },
    { name: "status_file_path_id", key: { status: 1, file_path: 1, _id: 1 } },
  ];
  return plans.map((plan) => ({ ...plan, name: prefix + plan.name }));
}

/** Without the prefix in a workspace's collection: of older releases of LightRAG, which drops them. */
export const OUTDATED_INDEXES: readonly string[] = [
  "status_updated_at",
  "status_created_at",
  "updated_at",
  "created_at",
  "id",
  "track_id",
  "file_path_zh_collation",
  "status_file_path_zh_collation",
  "content_hash",
  "status_created_at_id_asc",
];
