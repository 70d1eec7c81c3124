import type { TableDefinition } from "./table-definition.js";

const NODES = "lightrag_graph_nodes";
const EDGES = "lightrag_graph_edges";

const COMMON = [
  ["properties", "jsonb NOT NULL DEFAULT '{}'"],
  ["updated_at", "timestamptz NOT NULL DEFAULT now()"],
] as const;
const SCOPE = [
  ["workspace", "text NOT NULL"],
  ["namespace", "text NOT NULL DEFAULT 'chunk_entity_relation'"],
] as const;

const NODE_KEY = ["workspace", "namespace", "id"];
const EDGE_KEY = ["workspace", "namespace", "src_id", "tgt_id"];

/** The keys of early releases lacked the namespace: a new one is made after these. */
function withoutKey(table: string, key: readonly string[]): string[] {
  const same = key.map((column) => `older.${column} = newer.${column}`).join(" AND ");
  return [
    `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${table}_pkey CASCADE`,
    `DELETE FROM ${table} older USING ${table} newer WHERE ${same} AND (older.updated_at, older.ctid) < (newer.updated_at, newer.ctid)`,
  ];
}

const ENDS = ["src", "tgt"];

function foreignKey(end: string): string {
  return `fk_${EDGES}_${end}`;
}

function foreignKeys(): string[] {
  return ENDS.map(
    (end) =>
      `ALTER TABLE ${EDGES} ADD CONSTRAINT ${foreignKey(end)} FOREIGN KEY (workspace, namespace, ${end}_id) REFERENCES ${NODES} (workspace, namespace, id) ON DELETE CASCADE`,
  );
}

/** LightRAG's graph in plain tables. */
export const GRAPH_TABLES: readonly TableDefinition[] = [
  {
    name: NODES,
    columns: [...SCOPE, ["id", "text NOT NULL"], ...COMMON],
    primaryKey: { name: `${NODES}_pkey`, columns: NODE_KEY },
    indexes: [],
    upgrades: [
      {
        isNeeded: ({ primaryKey }) => !primaryKey.includes("namespace"),
        dropsKey: true,
        statements: withoutKey(NODES, NODE_KEY),
      },
    ],
  },
  {
    name: EDGES,
    columns: [...SCOPE, ["src_id", "text NOT NULL"], ["tgt_id", "text NOT NULL"], ...COMMON],
    primaryKey: { name: `${EDGES}_pkey`, columns: EDGE_KEY },
    indexes: [
      [`idx_${EDGES}_namespace_tgt`, "(workspace, namespace, tgt_id)"],
      [`idx_${EDGES}_noncanonical`, '(workspace, namespace) WHERE src_id COLLATE "C" > tgt_id COLLATE "C"'],
    ],
    constraints: foreignKeys(),
    upgrades: [
      {
        isNeeded: ({ primaryKey }) => !primaryKey.includes("namespace"),
        dropsKey: true,
        statements: withoutKey(EDGES, EDGE_KEY),
      },
      {
        // Without them the edges of a node that is deleted would stay.
        isNeeded: ({ columns, foreignKeys: known }) =>
          !columns.has("namespace") || !ENDS.every((end) => known.has(foreignKey(end))),
        statements: [
          `DELETE FROM ${EDGES} e WHERE NOT EXISTS (SELECT FROM ${NODES} n WHERE (n.workspace, n.namespace, n.id) = (e.workspace, e.namespace, e.src_id)) OR NOT EXISTS (SELECT FROM ${NODES} n WHERE (n.workspace, n.namespace, n.id) = (e.workspace, e.namespace, e.tgt_id))`,
          ...ENDS.map((end) => `ALTER TABLE ${EDGES} DROP CONSTRAINT IF EXISTS ${foreignKey(end)}`),
          ...foreignKeys(),
        ],
      },
    ],
  },
];
