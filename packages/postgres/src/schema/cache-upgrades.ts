import type { TableUpgrade } from "./table-definition.js";

const TABLE = "lightrag_llm_cache";

/**
 * LightRAG's cache of early releases had the mode in a column of its own and ids that were hashes of
 * the prompt. Its migration takes the column away before it needs it, and can leave the table without
 * a key. Here the ids come first: `mode:type:md5(prompt)`; of equal ones the row written last stays.
 */
export const cacheUpgrades: readonly TableUpgrade[] = [
  {
    isNeeded: ({ columns }) => columns.has("mode"),
    dropsKey: true,
    statements: [
      `ALTER TABLE ${TABLE} DROP CONSTRAINT IF EXISTS ${TABLE}_pk`,
      `UPDATE ${TABLE} SET cache_type = CASE WHEN split_part(id, ':', 2) <> '' THEN left(split_part(id, ':', 2), 32) ELSE 'extract' END WHERE cache_type IS NULL`,
      `UPDATE ${TABLE} SET id = concat_ws(':', coalesce(nullif(mode, ''), 'default'), cache_type, md5(coalesce(original_prompt, id))) WHERE position(':' IN id) = 0`,
      `DELETE FROM ${TABLE} older USING ${TABLE} newer WHERE older.workspace = newer.workspace AND older.id = newer.id AND (coalesce(older.update_time, older.create_time, 'epoch'), older.ctid) < (coalesce(newer.update_time, newer.create_time, 'epoch'), newer.ctid)`,
      `ALTER TABLE ${TABLE} DROP COLUMN mode`,
    ],
  },
];
