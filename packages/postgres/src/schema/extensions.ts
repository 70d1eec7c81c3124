import { isStorageError, StorageAccessError, StorageCapabilityError, StorageLockedError } from "@tetrad/core";

import type { Database, Session } from "../database.js";
import { isMadeByAnother } from "../postgres-errors.js";
import { quoteIdentifier } from "../sql-text.js";
import { withSchemaLock } from "./schema-lock.js";

/**
 * Makes an extension where it is not there yet.
 *
 * @returns its version
 * @throws StorageCapabilityError where the server does not have it, StorageAccessError where the user may not create it
 */
export async function ensureExtension(database: Database, name: string): Promise<number[]> {
  const read = async (session: Session): Promise<string | null> =>
    (await session.query("SELECT extversion FROM pg_extension WHERE extname = $1::text", [name]))[0]?.[
      "extversion"
    ] ?? null;
  const present = await read(database);
  if (present !== null) return versionOf(present);
  try {
    const made = await withSchemaLock(database, async (session) => {
      await session.run(`CREATE EXTENSION IF NOT EXISTS ${quoteIdentifier(name)} CASCADE`);
      return read(session);
    });
    return versionOf(made ?? "");
  } catch (cause) {
    if (cause instanceof StorageLockedError || (isStorageError(cause) && cause.retryable)) throw cause;
    // LightRAG takes no lock around it, and may have been faster.
    const madeByAnother = isMadeByAnother(cause instanceof Error ? cause.cause : cause)
      ? await read(database)
      : null;
    if (madeByAnother !== null) return versionOf(madeByAnother);
    const Kind = cause instanceof StorageAccessError ? StorageAccessError : StorageCapabilityError;
    throw new Kind(
      `The database has no extension ${name}, and it cannot be created here: ${cause instanceof Error ? cause.message : String(cause)}. Install it on the server, and have an administrator run CREATE EXTENSION ${name}.`,
      { cause },
    );
  }
}

function versionOf(text: string): number[] {
  return text.split(".").map((part) => Number.parseInt(part, 10) || 0);
}

export function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
