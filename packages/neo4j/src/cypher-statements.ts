import type { Dialect } from "./dialect.js";
import { quoteIdentifier } from "./labels.js";

/** The columns that `toAttributes` wants of a node or relationship. */
const propertiesOf = (name: string): string => `properties(${name}), ${name}.\`__proto__\``;

/**
 * The queries of one graph. Nothing but the label stands in their text; all else is a parameter.
 * LightRAG writes edges of the type DIRECTED and reads those of any; so is it here.
 */
export function cypherStatements(label: string, { degree }: Dialect) {
  const node = (name: string, id = ""): string =>
    `(${name}:${quoteIdentifier(label)}${id === "" ? "" : ` {entity_id: ${id}}`})`;
  // The ends are found by the index before their edge is: from the one with fewer edges.
  const edges = (pairs: string, a: string, b: string): string =>
    `UNWIND $pairs AS ${pairs} MATCH ${node("a", a)} MATCH ${node("b", b)} WITH ${pairs}, a, b MATCH (a)-[r]-(b)`;
  return {
    existing: `UNWIND $ids AS id MATCH ${node("n", "id")} RETURN collect(DISTINCT id)`,
    nodes: `UNWIND $ids AS id MATCH ${node("n", "id")} RETURN id, ${propertiesOf("n")}`,
    degrees: `UNWIND $ids AS id MATCH ${node("n", "id")} RETURN id, sum(${degree("n")})`,
    neighbours: `UNWIND $ids AS id MATCH ${node("n", "id")}--${node("m")} RETURN id, collect(DISTINCT m.entity_id)`,
    edges: `${edges("pair", "pair[1]", "pair[2]")} RETURN pair[0], type(r), ${propertiesOf("r")}`,
    upsertNodes: `UNWIND $rows AS row MERGE ${node("n", "row[0]")} SET n += row[1]`,
    upsertEdges: `UNWIND $rows AS row MERGE ${node("a", "row[0]")} MERGE ${node("b", "row[1]")} MERGE (a)-[r:DIRECTED]-(b) SET r += row[2]`,
    removeNodes: `UNWIND $ids AS id MATCH ${node("n", "id")} DETACH DELETE n`,
    removeEdges: `${edges("pair", "pair[0]", "pair[1]")} DELETE r`,
    removeSome: `MATCH ${node("n")} WITH n LIMIT $limit DETACH DELETE n RETURN count(*)`,
    labelPage: `MATCH ${node("n")} WHERE n.entity_id > $after WITH n.entity_id AS label ORDER BY label LIMIT $limit RETURN collect(label)`,
    nodePage: `MATCH ${node("n")} WHERE n.entity_id > $after WITH n ORDER BY n.entity_id LIMIT $limit RETURN n.entity_id, ${propertiesOf("n")}`,
    edgePage: [
      `MATCH ${node("a")} WHERE a.entity_id >= $a`,
      `MATCH (a)-[r]-${node("b")} WHERE b.entity_id >= a.entity_id AND (a.entity_id > $a OR b.entity_id > $b)`,
      `WITH a, b, r ORDER BY a.entity_id, b.entity_id LIMIT $limit`,
      `RETURN a.entity_id, b.entity_id, type(r), ${propertiesOf("r")}`,
    ].join(" "),
    popular: `MATCH ${node("n")} WHERE n.entity_id IS NOT NULL RETURN n.entity_id AS label, ${degree("n")} AS degree ORDER BY degree DESC, label LIMIT $limit`,
    popularWithDuplicates: `MATCH ${node("n")} WHERE n.entity_id IS NOT NULL WITH n.entity_id AS label, sum(${degree("n")}) AS degree RETURN label, degree ORDER BY degree DESC, label LIMIT $limit`,
    // Nodes are told apart first: a neighbour of many is looked at once.
    nextLevel: [
      `UNWIND $ids AS id MATCH ${node("n", "id")}--${node("m")} WITH DISTINCT m WHERE NOT m.entity_id IN $seen`,
      `RETURN m.entity_id AS label, sum(${degree("m")}) AS degree ORDER BY degree DESC, label LIMIT $limit`,
    ].join(" "),
    edgesWithin: `UNWIND $ids AS id MATCH ${node("a", "id")}-[r]->${node("b")} WHERE b.entity_id IN $ids RETURN id, b.entity_id, type(r), ${propertiesOf("r")}`,
    scanLabels: `MATCH ${node("n")} WHERE n.entity_id IS NOT NULL WITH n.entity_id AS label`,
    duplicates: `MATCH ${node("n")} WHERE n.entity_id IS NOT NULL WITH n.entity_id AS id, count(*) AS nodes WHERE nodes > 1`,
  } as const;
}

export type CypherStatements = ReturnType<typeof cypherStatements>;
