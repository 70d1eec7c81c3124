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
}

/**
 * Makes sure that the keys of a storage are not those of another workspace and namespace: LightRAG
 * puts both together with "_", and "a" and "b_c" are then what "a_b" and "c" are. Its own namespaces
 * cannot be mistaken for each other and keep no key for this; who has any other name is kept beside it.
 *
 * @throws InvalidWorkspaceError
 */
export async function claimName(commands: RedisCommands, keys: KeyNames, names: StorageNames): Promise<void> {
  const ownerKey = OWNER_PREFIX + keys.physicalName;
  const claim = JSON.stringify([names.workspace, names.namespace]);
  const owner = (await commands.one(command("get", ownerKey))) as string | null;
  if (owner === claim) return;
  const isLightRags = LIGHTRAG_NAMESPACES.includes(names.namespace);
  const other = owner ?? (isLightRags ? null : lightRagsClaim(keys.physicalName));
  if (other !== null && (await holdsRows(commands, keys))) throw refusal(names, other);
  // Whoever had the name has nothing left under it.
  if (isLightRags) {
    if (owner !== null) await commands.one(command("del", ownerKey));
    return;
  }
  if (owner !== null) await commands.one(command("set", ownerKey, claim));
  else if ((await commands.one(command("set", ownerKey, claim, "NX"))) === null)
    await claimName(commands, keys, names);
}

/** As what LightRAG would take the name, if it ends like one of its own. */
function lightRagsClaim(physicalName: string): string | null {
  const namespace = LIGHTRAG_NAMESPACES.find((each) => physicalName.endsWith(`_${each}`));
  if (namespace !== undefined)
    return JSON.stringify([physicalName.slice(0, -namespace.length - 1), namespace]);
  return LIGHTRAG_NAMESPACES.includes(physicalName) ? JSON.stringify(["", physicalName]) : null;
}

async function holdsRows(commands: RedisCommands, { rowPrefix }: KeyNames): Promise<boolean> {
  for await (const _ of scanKeys(commands, rowPrefix)) return true;
  return false;
}

function refusal({ workspace, namespace }: StorageNames, other: string): InvalidWorkspaceError {
  return new InvalidWorkspaceError(
    `Workspace ${JSON.stringify(workspace)} with the namespace "${namespace}" has the same keys on Redis as workspace and namespace ${other}. Choose another name for one of them.`,
  );
}
