import { InvalidWorkspaceError, NameSpace } from "@tetrad/core";

import type { KeyNames } from "./key-names.js";
import { scanKeys } from "./key-scan.js";
import { command, type RedisCommands } from "./redis-commands.js";

/** LightRAG's namespaces on Redis. None ends like another, so their keys cannot be mistaken. */
const LIGHTRAG_NAMESPACES: readonly string[] = [
  NameSpace.KV_STORE_FULL_DOCS,
  NameSpace.KV_STORE_TEXT_CHUNKS,
  NameSpace.KV_STORE_LLM_RESPONSE_CACHE,
  NameSpace.KV_STORE_FULL_ENTITIES,
  NameSpace.KV_STORE_FULL_RELATIONS,
  NameSpace.KV_STORE_ENTITY_CHUNKS,
  NameSpace.KV_STORE_RELATION_CHUNKS,
  NameSpace.DOC_STATUS,
];

/** No key of a storage begins so: no namespace holds a ".", and no workspace stands without an "_" behind it. */
const OWNER_PREFIX = "tetrad.name:";

export interface StorageNames {
  readonly workspace: string;
  readonly namespace: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes sure that the keys of a storage are not those of another workspace and namespace: LightRAG
 * puts both together with "_", and "a" and "b_c" are then what "a_b" and "c" are. Its own namespaces
 * cannot be mistaken for each other and keep no key for this; who has any other name is kept beside
 * it, also while that storage is empty: it may be open somewhere, and write a moment later.
 *
 * @throws InvalidWorkspaceError
 */
export async function claimName(commands: RedisCommands, keys: KeyNames, names: StorageNames): Promise<void> {
  const { signal } = names;
  const ownerKey = OWNER_PREFIX + keys.physicalName;
  const claim = claimOf(names);
  const owner = (await commands.one(command("get", ownerKey), { signal })) as string | null;
  if (owner === claim) return;
  if (owner !== null) {
    const remedy = `Choose another name for one of them, or delete the key ${JSON.stringify(ownerKey)} if that one is used no more.`;
    throw refusal(names, owner, remedy);
  }
  if (LIGHTRAG_NAMESPACES.includes(names.namespace)) return;
  const lightRags = lightRagsClaim(keys.physicalName);
  if (lightRags !== null && (await holdsRows(commands, keys, signal)))
    throw refusal(names, lightRags, "Choose another name for one of them.");
  // What another one claimed meanwhile is seen in the next turn.
  const claimed = await commands.one(command("set", ownerKey, claim, "NX"), { signal });
  if (claimed === null) await claimName(commands, keys, names);
}

/** Gives up the claim of a storage that was dropped, unless others have written into it since. */
export async function releaseName(
  commands: RedisCommands,
  keys: KeyNames,
  names: StorageNames,
): Promise<void> {
  if (LIGHTRAG_NAMESPACES.includes(names.namespace) || (await holdsRows(commands, keys))) return;
  const ownerKey = OWNER_PREFIX + keys.physicalName;
  const owner = await commands.one(command("get", ownerKey));
  if (owner === claimOf(names)) await commands.one(command("del", ownerKey));
}

function claimOf({ workspace, namespace }: StorageNames): string {
  return JSON.stringify([workspace, namespace]);
}

/** As what LightRAG would take the name, if it ends like one of its own. */
function lightRagsClaim(physicalName: string): string | null {
  const namespace = LIGHTRAG_NAMESPACES.find((each) => physicalName.endsWith(`_${each}`));
  if (namespace !== undefined)
    return JSON.stringify([physicalName.slice(0, -namespace.length - 1), namespace]);
  return LIGHTRAG_NAMESPACES.includes(physicalName) ? JSON.stringify(["", physicalName]) : null;
}

async function holdsRows(
  commands: RedisCommands,
  { rowPrefix }: KeyNames,
  signal?: AbortSignal,
): Promise<boolean> {
  for await (const _ of scanKeys(commands, rowPrefix, { signal })) return true;
  return false;
}

function refusal(
  { workspace, namespace }: StorageNames,
  other: string,
  remedy: string,
): InvalidWorkspaceError {
  return new InvalidWorkspaceError(
    `Workspace ${JSON.stringify(workspace)} with the namespace "${namespace}" has the same keys on Redis as workspace and namespace ${other}. ${remedy}`,
  );
}
