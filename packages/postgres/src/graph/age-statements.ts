import { quoteIdentifier } from "../sql-text.js";
import { ENTITY_ID } from "./age-graph.js";

const AGTYPE = "ag_catalog.agtype";
const EQUAL = "OPERATOR(ag_catalog.=)";
const array = (number: number): string => `$${number}::text::${AGTYPE}[]`;
/** Not by the type's own notation, which the embedded AGE reads wrong now and then. */
const graphId = (number: number): string => `ag_catalog.agtype_to_graphid($${number}::text::${AGTYPE})`;
const entityOf = (table: string): string => ENTITY_ID.replace("properties", `${table}.properties`);
const textOf = (table: string): string => `ag_catalog.agtype_to_text(${entityOf(table)})`;

/*
 * AGE keeps a graph in tables, one for each label. Statements on them take every value as a parameter,
 * which Cypher does not, need no LOAD, and read and write many rows at once; what they write, Cypher
 * reads. Ids come as JSON texts in arrays.
 */
/** @param isUnique whether no entity has several vertices: of several the first made stands for all */
export function ageStatements(graph: string, isUnique: boolean) {
  const nodes = `${quoteIdentifier(graph)}.base`;
  const edges = `${quoteIdentifier(graph)}."DIRECTED"`;
  const isFirst = isUnique
    ? "true"
    : `NOT EXISTS (SELECT FROM ${nodes} w WHERE ${entityOf("w")} ${EQUAL} ${entityOf("v")} AND w.id OPERATOR(ag_catalog.<) v.id)`;
  const asked = `asked AS MATERIALIZED (SELECT v.id, ${entityOf("v")} AS entity FROM unnest(${array(1)}) AS i(entity) JOIN ${nodes} v ON ${entityOf("v")} ${EQUAL} i.entity)`;
  const ends = `SELECT a.entity AS id, ${entityOf("o")} AS neighbour FROM asked a JOIN ${edges} e ON e.start_id ${EQUAL} a.id JOIN ${nodes} o ON o.id ${EQUAL} e.end_id
UNION SELECT a.entity, ${entityOf("o")} FROM asked a JOIN ${edges} e ON e.end_id ${EQUAL} a.id JOIN ${nodes} o ON o.id ${EQUAL} e.start_id`;
  const pairs = `FROM unnest(${array(1)}, ${array(2)}) WITH ORDINALITY AS p(a, b, place)
JOIN ${nodes} x ON ${entityOf("x")} ${EQUAL} p.a JOIN ${nodes} y ON ${entityOf("y")} ${EQUAL} p.b`;
  const given = `given AS MATERIALIZED (SELECT x.id AS x, y.id AS y, d.properties FROM unnest(${array(1)}, ${array(2)}, ${array(3)}) AS d(a, b, properties)
JOIN ${nodes} x ON ${entityOf("x")} ${EQUAL} d.a JOIN ${nodes} y ON ${entityOf("y")} ${EQUAL} d.b)`;
  const merge = (start: string, end: string): string => `WITH ${given}
UPDATE ${edges} e SET properties = e.properties OPERATOR(ag_catalog.||) g.properties FROM given g
WHERE e.start_id ${EQUAL} g.${start} AND e.end_id ${EQUAL} g.${end}`;
  const exists = (start: string, end: string): string =>
    `EXISTS (SELECT FROM ${edges} e WHERE e.start_id ${EQUAL} g.${start} AND e.end_id ${EQUAL} g.${end})`;
  /** By place: nobody else writes while the lock is held. */
  const deleteFound = (found: string): string => `DELETE FROM ${edges} d WHERE d.ctid = ANY(ARRAY(${found}))`;
  return {
    lock: "SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))",
    nodes: `SELECT ${textOf("v")} AS id, v.properties FROM unnest(${array(1)}) AS i(entity) JOIN ${nodes} v ON ${entityOf("v")} ${EQUAL} i.entity ORDER BY v.id DESC`,
    ids: `SELECT DISTINCT ${textOf("v")} AS id FROM unnest(${array(1)}) AS i(entity) JOIN ${nodes} v ON ${entityOf("v")} ${EQUAL} i.entity`,
    /** Either way round; of several the newest. */
    edges: `SELECT DISTINCT ON (p.place) p.place, f.properties ${pairs}, LATERAL (
SELECT id, properties FROM ${edges} WHERE start_id ${EQUAL} x.id AND end_id ${EQUAL} y.id
UNION ALL SELECT id, properties FROM ${edges} WHERE start_id ${EQUAL} y.id AND end_id ${EQUAL} x.id
) AS f ORDER BY p.place, f.id DESC`,
    neighbours: `WITH ${asked} SELECT * FROM (SELECT ag_catalog.agtype_to_text(id) AS id, ag_catalog.agtype_to_text(neighbour) AS neighbour FROM (${ends}) AS ends) AS texts ORDER BY id COLLATE "C", neighbour COLLATE "C"`,
    degrees: `WITH ${asked} SELECT ag_catalog.agtype_to_text(id) AS id, sum(CASE WHEN id ${EQUAL} neighbour THEN 2 ELSE 1 END) AS degree FROM (${ends}) AS ends GROUP BY ends.id`,
    updateNodes: `UPDATE ${nodes} v SET properties = v.properties OPERATOR(ag_catalog.||) d.properties FROM unnest(${array(1)}, ${array(2)}) AS d(id, properties) WHERE ${entityOf("v")} ${EQUAL} d.id`,
    insertNodes: `INSERT INTO ${nodes} (properties) SELECT d.properties FROM unnest(${array(1)}, ${array(2)}) AS d(id, properties)
WHERE NOT EXISTS (SELECT FROM ${nodes} v WHERE ${entityOf("v")} ${EQUAL} d.id)`,
    mergeEdges: merge("x", "y"),
    mergeReversedEdges: `${merge("y", "x")} AND NOT (g.x ${EQUAL} g.y)`,
    insertEdges: `WITH ${given} INSERT INTO ${edges} (start_id, end_id, properties) SELECT DISTINCT ON (g.x, g.y) g.x, g.y, g.properties FROM given g
WHERE NOT ${exists("x", "y")} AND NOT ${exists("y", "x")}`,
    deleteEdgesOf: `WITH ${asked} ${deleteFound(`SELECT e.ctid FROM asked a JOIN ${edges} e ON e.start_id ${EQUAL} a.id
UNION SELECT e.ctid FROM asked a JOIN ${edges} e ON e.end_id ${EQUAL} a.id`)}`,
    deleteNodes: `DELETE FROM ${nodes} v USING unnest(${array(1)}) AS i(entity) WHERE ${entityOf("v")} ${EQUAL} i.entity`,
    deleteEdges: `WITH pairs AS MATERIALIZED (SELECT x.id AS x, y.id AS y ${pairs}) ${deleteFound(`SELECT e.ctid FROM pairs p JOIN ${edges} e ON e.start_id ${EQUAL} p.x AND e.end_id ${EQUAL} p.y
UNION SELECT e.ctid FROM pairs p JOIN ${edges} e ON e.start_id ${EQUAL} p.y AND e.end_id ${EQUAL} p.x`)}`,
    drop: `DELETE FROM ${edges}; DELETE FROM ${nodes}`,
    analyze: `ANALYZE (SKIP_LOCKED) ${nodes}, ${edges}`,
    labels: `SELECT id FROM (SELECT DISTINCT ${textOf("v")} AS id FROM ${nodes} v) AS l WHERE id IS NOT NULL ORDER BY id COLLATE "C"`,
    popular: `SELECT l.id FROM (SELECT ${textOf("v")} AS id, sum(coalesce(d.degree, 0)) AS degree FROM ${nodes} v LEFT JOIN (
SELECT id, count(*) AS degree FROM (SELECT start_id AS id FROM ${edges} UNION ALL SELECT end_id FROM ${edges}) AS sides GROUP BY id
) AS d ON d.id ${EQUAL} v.id GROUP BY 1) AS l WHERE l.id IS NOT NULL ORDER BY l.degree DESC, l.id COLLATE "C" LIMIT $1::bigint`,
    search: `SELECT id FROM (SELECT DISTINCT ${textOf("v")} AS id FROM ${nodes} v) AS l WHERE lower(id COLLATE "C") LIKE $1::text OR id ~ $2::text`,
    /** What is made from here on, a node that was deleted and comes again too, has a higher id. */
    lastNode: `SELECT id FROM ${nodes} ORDER BY id DESC LIMIT 1`,
    lastEdge: `SELECT id FROM ${edges} ORDER BY id DESC LIMIT 1`,
    scanNodes: `SELECT v.id AS place, ${textOf("v")} AS id, v.properties FROM ${nodes} v WHERE v.id OPERATOR(ag_catalog.>) ${graphId(1)} AND v.id OPERATOR(ag_catalog.<=) ${graphId(2)} AND ${isFirst} ORDER BY v.id LIMIT $3::bigint`,
    scanEdges: `SELECT e.id AS place, ${textOf("x")} AS source, ${textOf("y")} AS target, e.properties FROM ${edges} e
JOIN ${nodes} x ON x.id ${EQUAL} e.start_id JOIN ${nodes} y ON y.id ${EQUAL} e.end_id
WHERE e.id OPERATOR(ag_catalog.>) ${graphId(1)} AND e.id OPERATOR(ag_catalog.<=) ${graphId(2)} ORDER BY e.id LIMIT $3::bigint`,
  };
}

export type AgeStatements = ReturnType<typeof ageStatements>;
