import { InvalidWorkspaceError, StorageCapabilityError, StorageError } from "@tetrad/core";
import type { Logger } from "@tetrad/core";

import type { Database, Session } from "../database.js";
import { codeOf } from "../postgres-errors.js";
import { compareVersions, ensureExtension } from "../schema/extensions.js";
import { withSchemaLock } from "../schema/schema-lock.js";
import { quoteIdentifier, quoteLiteral } from "../sql-text.js";

/** LightRAG refuses it and later: `id()` changed. */
const FIRST_UNSUPPORTED = [1, 8, 0];
const LONGEST_NAME = 63;

const LABELS = [
  ["v", "base"],
  ["e", "DIRECTED"],
] as const;

/** The property that names a vertex, as an expression that LightRAG's index is on. */
export const ENTITY_ID = `ag_catalog.agtype_access_operator(VARIADIC ARRAY[properties, '"entity_id"'::ag_catalog.agtype])`;

export interface AgeGraphOptions {
  readonly database: Database;
  /** As LightRAG names it: `default` for the default one. */
  readonly workspace: string;
  readonly namespace: string;
  readonly allowUnsupportedVersion: boolean;
  readonly logger: Logger;
}

export interface AgeGraph {
  readonly name: string;
  /** Whether no entity has several vertices, and none ever will. */
  readonly isUnique: boolean;
}

/**
 * LightRAG's name of the graph of a workspace. What AGE refuses, and LightRAG fails on, has an
 * underscore before it; what PostgreSQL would cut is cut here.
 */
export function graphName(workspace: string, namespace: string): string {
  const safe = (text: string): string => text.replace(/[^a-zA-Z0-9_]/gu, "_");
  const isDefault = workspace === "" || workspace.toLowerCase() === "default";
  const name = isDefault ? safe(namespace) : `${safe(workspace.trim())}_${safe(namespace)}`;
  return (/^[a-zA-Z_]/.test(name) ? name : `_${name}`).padStart(3, "_").slice(0, LONGEST_NAME);
}

/**
 * Opens the graph of a workspace, made if it is not there.
 *
 * @throws StorageCapabilityError without Apache AGE, and with a version that LightRAG refuses
 * @throws InvalidWorkspaceError where the graph of that name is another workspace's
 */
export async function openAgeGraph(options: AgeGraphOptions): Promise<AgeGraph> {
  const { database, workspace, namespace, logger } = options;
  const version = await ensureExtension(database, "age");
  if (compareVersions(version, FIRST_UNSUPPORTED) >= 0 && !options.allowUnsupportedVersion) {
    throw new StorageCapabilityError(
      `Apache AGE ${version.join(".")} is later than what LightRAG works with, which is before ${FIRST_UNSUPPORTED.join(".")}. POSTGRES_AGE_ALLOW_UNSUPPORTED_VERSION=true takes it all the same.`,
    );
  }
  const name = graphName(workspace, namespace);
  if (!(await isComplete(database, name))) {
    await withSchemaLock(database, async (session) => {
      if (!(await isComplete(session, name))) await makeGraph(session, name);
    });
  }
  await claim(database, name, JSON.stringify({ workspace, namespace }));
  return { name, isUnique: await makeUnique(database, name, logger) };
}

/** Whether the graph, its two labels and the indexes that are used are there. */
async function isComplete(session: Session, name: string): Promise<boolean> {
  const [row] = await session.query(
    `SELECT (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1::text AND c.relname IN ('base', 'DIRECTED', 'entity_p_idx', 'entity_idx_node_id', 'directed_sid_idx', 'directed_eid_idx')) AS count`,
    [name],
  );
  return row?.["count"] === "6";
}

async function makeGraph(session: Session, name: string): Promise<void> {
  // Functions of AGE look for its operators there.
  await session.run('SET LOCAL search_path = ag_catalog, "$user", public');
  const [graph] = await session.query("SELECT 1 AS one FROM ag_catalog.ag_graph WHERE name = $1::name", [
    name,
  ]);
  if (graph === undefined) await session.query("SELECT ag_catalog.create_graph($1::name)", [name]);
  for (const [kind, label] of LABELS) {
    const [known] = await session.query(
      "SELECT 1 AS one FROM ag_catalog.ag_label l JOIN ag_catalog.ag_graph g ON g.graphid = l.graph WHERE g.name = $1::name AND l.name = $2::name",
      [name, label],
    );
    // As literals: the types of its parameters are others in each version.
    if (known === undefined)
      await session.query(
        `SELECT ag_catalog.create_${kind}label(${quoteLiteral(name)}, ${quoteLiteral(label)})`,
      );
  }
  const [vertices, edges] = [`${quoteIdentifier(name)}.base`, `${quoteIdentifier(name)}."DIRECTED"`];
  await session.run(`CREATE INDEX IF NOT EXISTS entity_p_idx ON ${vertices} (id);
CREATE INDEX IF NOT EXISTS entity_idx_node_id ON ${vertices} (${ENTITY_ID});
CREATE INDEX IF NOT EXISTS directed_sid_idx ON ${edges} (start_id);
CREATE INDEX IF NOT EXISTS directed_eid_idx ON ${edges} (end_id)`);
}

/** Two workspaces may have one graph name: the first keeps it, and the second is refused. */
async function claim(database: Database, name: string, owner: string): Promise<void> {
  const read = async (session: Session): Promise<string | null> =>
    (
      await session.query(
        "SELECT obj_description(to_regnamespace(quote_ident($1::text)), 'pg_namespace') AS owner",
        [name],
      )
    )[0]?.["owner"] ?? null;
  let known = await read(database);
  known ??= await withSchemaLock(database, async (session) => {
    const other = await read(session);
    if (other !== null) return other;
    await session.run(`COMMENT ON SCHEMA ${quoteIdentifier(name)} IS ${quoteLiteral(owner)}`);
    return owner;
  });
  if (known === owner) return;
  throw new InvalidWorkspaceError(
    `The graph ${name} belongs to ${known}: LightRAG's names of graphs have letters, digits and "_" only. Choose another workspace, or PGTableGraphStorage, which has room for every name.`,
  );
}

/** Where Python's writers have not made two vertices of one entity yet, they never will. */
async function makeUnique(database: Database, name: string, logger: Logger): Promise<boolean> {
  const [known] = await database.query(
    "SELECT 1 AS one FROM pg_indexes WHERE schemaname = $1::text AND indexname = 'tetrad_unique_entity'",
    [name],
  );
  if (known !== undefined) return true;
  try {
    await withSchemaLock(database, (session) =>
      session.run(
        `CREATE UNIQUE INDEX IF NOT EXISTS tetrad_unique_entity ON ${quoteIdentifier(name)}.base (${ENTITY_ID})`,
      ),
    );
    return true;
  } catch (error) {
    if (!(error instanceof StorageError) || codeOf(error.cause) !== "23505") throw error;
    logger.warn(
      `The graph ${name} has several vertices of one entity, as parallel writers of LightRAG leave them. They are read as one; merge them, so that no more can come.`,
    );
    return false;
  }
}
