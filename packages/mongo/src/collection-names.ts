import { createHash } from "node:crypto";

import { InvalidWorkspaceError } from "@tetrad/core";

/** MongoDB's limit for the database, a dot and the collection. */
const MAX_NAMESPACE_BYTES = 255;
/** The longest that a collection's name grows beyond its namespace: `_edges`. */
const RESERVED_BYTES = 8;

/**
 * Ends of workspaces that make a collection of theirs one of another workspace: `text` and `chunks`
 * give `text_chunks`, which is the default workspace's.
 */
const MEETING = /(?:^|_)(?:text|entity|relation|full)$/;

/**
 * LightRAG's name of a collection: workspace and namespace, joined by `_`. A workspace whose name
 * no collection can hold has one made from its hash; LightRAG cannot hold it at all.
 *
 * @throws InvalidWorkspaceError for one whose collections would be another's
 */
export function collectionName(database: string, workspace: string, namespace: string): string {
  if (workspace === "") return namespace;
  if (MEETING.test(workspace)) {
    throw new InvalidWorkspaceError(
      `Workspace ${JSON.stringify(workspace)} cannot be kept in MongoDB: its collections would meet those of another workspace, since LightRAG joins names by "_" ("text" and "chunks" are "text_chunks"). Choose one that does not end in "text", "entity", "relation" or "full".`,
    );
  }
  const plain = `${workspace}_${namespace}`;
  return canHold(database, plain) ? plain : `tetrad-${hashOf(workspace)}_${namespace}`;
}

function canHold(database: string, name: string): boolean {
  const bytes = Buffer.byteLength(database) + 1 + Buffer.byteLength(name) + RESERVED_BYTES;
  return (
    bytes <= MAX_NAMESPACE_BYTES &&
    !name.includes("$") &&
    !name.startsWith("system.") &&
    !name.startsWith(".")
  );
}

function hashOf(workspace: string): string {
  return createHash("sha256").update(workspace).digest("hex").slice(0, 24);
}
