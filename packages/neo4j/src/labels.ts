import { createHash } from "node:crypto";

import { InvalidWorkspaceError } from "@tetrad/core";

/** LightRAG's name of the default workspace. */
export const DEFAULT_WORKSPACE = "base";
/** The one namespace that LightRAG keeps graphs in; its nodes are labelled with the workspace alone. */
export const LIGHTRAG_NAMESPACE = "chunk_entity_relation";

/**
 * The label of every node of a graph: LightRAG's for its namespace. Others have their namespace
 * behind a colon, which no workspace holds.
 *
 * @throws InvalidWorkspaceError for a name with space around it, which LightRAG would cut off
 */
export function labelOf(workspace: string, namespace: string): string {
  if (workspace !== workspace.trim()) {
    throw new InvalidWorkspaceError(
      `Workspace ${JSON.stringify(workspace)} has space around it. LightRAG takes that off, and the data of two workspaces would meet: name it ${JSON.stringify(workspace.trim() || DEFAULT_WORKSPACE)}.`,
    );
  }
  const label = workspace === "" ? DEFAULT_WORKSPACE : workspace;
  return namespace === LIGHTRAG_NAMESPACE ? label : `${label}:${namespace}`;
}

/** A name as Cypher takes it, whatever it holds. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/** LightRAG's name for the full-text index of a label. Different labels may have the same one. */
export function fullTextIndexName(label: string): string {
  const suffix = label.replaceAll(/[^A-Za-z0-9_]+/g, "_").replaceAll(/^_+|_+$/g, "") || DEFAULT_WORKSPACE;
  return `entity_id_fulltext_idx_${/^[A-Za-z_]/.test(suffix) ? "" : "ws_"}${suffix}`;
}

/** A name of its own, where another label has LightRAG's. */
export function ownFullTextIndexName(label: string): string {
  const hash = createHash("sha256").update(label).digest("hex").slice(0, 12);
  return `${fullTextIndexName(label)}_${hash}`;
}
