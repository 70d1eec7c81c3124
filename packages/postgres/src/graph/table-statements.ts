import { arrayParameter } from "../sql-text.js";

/*
 * Statements on LightRAG's plain graph tables. `$1` is the workspace and `$2` the namespace in all of
 * them.
 */

export const NODES = "lightrag_graph_nodes";
export const EDGES = "lightrag_graph_edges";
const SCOPE = "workspace = $1::text AND namespace = $2::text";
const IDS = arrayParameter(3);
const PAIRS = `unnest(${arrayParameter(3)}, ${arrayParameter(4)})`;

export const SELECT_NODES = `SELECT n.id, n.properties FROM unnest(${IDS}) AS i(id) JOIN ${NODES} n ON n.id = i.id WHERE ${SCOPE}`;

export const SELECT_IDS = `SELECT n.id FROM unnest(${IDS}) AS i(id) JOIN ${NODES} n ON n.id = i.id WHERE ${SCOPE}`;

/** Python may have left an edge the other way round: of two the one written last counts. */
export const SELECT_EDGES = `SELECT p.src_id, p.tgt_id, e.properties
FROM ${PAIRS} AS p(src_id, tgt_id), LATERAL (
SELECT properties FROM (
SELECT properties, updated_at, 1 AS rank FROM ${EDGES} WHERE ${SCOPE} AND src_id = p.src_id AND tgt_id = p.tgt_id
UNION ALL
SELECT properties, updated_at, 2 FROM ${EDGES} WHERE ${SCOPE} AND src_id = p.tgt_id AND tgt_id = p.src_id AND p.src_id <> p.tgt_id
) AS either ORDER BY updated_at DESC, rank LIMIT 1
) AS e`;

/** A join and no `= ANY`: PostgreSQL goes through a long list once for each row. */
const ENDS = `SELECT e.src_id AS id, e.tgt_id AS neighbour FROM unnest(${IDS}) AS i(id) JOIN ${EDGES} e ON e.src_id = i.id WHERE ${SCOPE}
UNION
SELECT e.tgt_id, e.src_id FROM unnest(${IDS}) AS i(id) JOIN ${EDGES} e ON e.tgt_id = i.id WHERE ${SCOPE}`;

/** Each neighbour once, by code point. */
export const SELECT_NEIGHBOURS = `SELECT id, neighbour FROM (${ENDS}) AS ends ORDER BY id COLLATE "C", neighbour COLLATE "C"`;

/** A self-loop has two ends. */
export const SELECT_DEGREES = `SELECT id, sum(CASE WHEN id = neighbour THEN 2 ELSE 1 END) AS degree FROM (${ENDS}) AS ends GROUP BY id`;

export const UPSERT_NODES = `INSERT INTO ${NODES} AS n (workspace, namespace, id, properties, updated_at)
SELECT $1::text, $2::text, id, properties::jsonb, now() FROM ${PAIRS} AS given(id, properties)
ON CONFLICT (workspace, namespace, id) DO UPDATE
SET properties = n.properties || EXCLUDED.properties, updated_at = now()`;

export const INSERT_ENDS = `INSERT INTO ${NODES} (workspace, namespace, id, properties, updated_at)
SELECT $1::text, $2::text, id, properties::jsonb, now() FROM ${PAIRS} AS given(id, properties) ORDER BY id COLLATE "C"
ON CONFLICT (workspace, namespace, id) DO NOTHING`;

/** Given attributes overwrite, others stay. */
export const UPSERT_EDGES = `INSERT INTO ${EDGES} AS e (workspace, namespace, src_id, tgt_id, properties, updated_at)
SELECT $1::text, $2::text, src_id, tgt_id, properties::jsonb, now()
FROM unnest(${arrayParameter(3)}, ${arrayParameter(4)}, ${arrayParameter(5)}) AS given(src_id, tgt_id, properties)
ON CONFLICT (workspace, namespace, src_id, tgt_id) DO UPDATE
SET properties = e.properties || EXCLUDED.properties, updated_at = now()`;

export const DELETE_NODES = `DELETE FROM ${NODES} WHERE ${SCOPE} AND id = ANY(${IDS})`;

export const DELETE_EDGES = `WITH p AS MATERIALIZED (SELECT a, b FROM ${PAIRS} AS given(a, b))
DELETE FROM ${EDGES} e USING (SELECT a, b FROM p UNION SELECT b, a FROM p) AS d
WHERE ${SCOPE} AND e.src_id = d.a AND e.tgt_id = d.b`;

export const DELETE_ALL_EDGES = `DELETE FROM ${EDGES} WHERE ${SCOPE}`;
export const DELETE_ALL_NODES = `DELETE FROM ${NODES} WHERE ${SCOPE}`;

export const SELECT_LABELS = `SELECT id FROM ${NODES} WHERE ${SCOPE} ORDER BY id COLLATE "C"`;

export const SELECT_POPULAR = `SELECT n.id FROM ${NODES} n LEFT JOIN (
SELECT id, sum(ends) AS degree FROM (
SELECT src_id AS id, count(*) AS ends FROM ${EDGES} WHERE ${SCOPE} GROUP BY src_id
UNION ALL
SELECT tgt_id, count(*) FROM ${EDGES} WHERE ${SCOPE} GROUP BY tgt_id
) AS sides GROUP BY id) AS d USING (id)
WHERE ${SCOPE} ORDER BY coalesce(d.degree, 0) DESC, n.id COLLATE "C" LIMIT $3::bigint`;

export const SEARCH_LABELS = `SELECT id FROM ${NODES}
WHERE ${SCOPE} AND (lower(id COLLATE "C") LIKE $3::text OR id ~ $4::text)`;

export const SCAN_NODES = `SELECT id, properties FROM ${NODES} WHERE ${SCOPE} AND id > $3::text ORDER BY id LIMIT $4::bigint`;

/** Each edge once, also where Python left it the other way round, or both ways: then what was written last. */
export const SCAN_EDGES = `SELECT src_id, tgt_id, CASE WHEN src_id COLLATE "C" < tgt_id COLLATE "C" THEN coalesce((
SELECT properties FROM ${EDGES} r WHERE ${SCOPE} AND r.src_id = e.tgt_id AND r.tgt_id = e.src_id AND r.updated_at > e.updated_at
), properties) ELSE properties END AS properties FROM ${EDGES} e WHERE ${SCOPE} AND (src_id, tgt_id) > ($3::text, $4::text)
AND (src_id COLLATE "C" <= tgt_id COLLATE "C" OR NOT EXISTS (SELECT FROM ${EDGES} s WHERE ${SCOPE} AND s.src_id = e.tgt_id AND s.tgt_id = e.src_id))
ORDER BY src_id, tgt_id LIMIT $5::bigint`;

export const LOCK_REVERSED_EDGES = `SELECT FROM ${EDGES} WHERE ${SCOPE} AND src_id COLLATE "C" > tgt_id COLLATE "C" FOR UPDATE`;

export const HAS_REVERSED_EDGES = `SELECT 1 AS one FROM ${EDGES} WHERE ${SCOPE} AND src_id COLLATE "C" > tgt_id COLLATE "C" LIMIT 1`;

/** What was written last stays; of equally old ones the sorted one. */
export const SORT_REVERSED_EDGES = `WITH reversed AS (
DELETE FROM ${EDGES} WHERE ${SCOPE} AND src_id COLLATE "C" > tgt_id COLLATE "C" RETURNING *
)
INSERT INTO ${EDGES} AS e (workspace, namespace, src_id, tgt_id, properties, updated_at)
SELECT workspace, namespace, tgt_id, src_id, properties, updated_at FROM reversed
ON CONFLICT (workspace, namespace, src_id, tgt_id) DO UPDATE
SET properties = EXCLUDED.properties, updated_at = EXCLUDED.updated_at WHERE e.updated_at < EXCLUDED.updated_at`;
