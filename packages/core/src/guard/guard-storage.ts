import type {
  AnyStorageImplementation,
  DocStatusStorageImplementation,
  GraphStorageImplementation,
  KVStorageImplementation,
  StorageContractTypes,
  VectorStorageImplementation,
} from "../contracts/implementations.js";
import type { Storage, StorageType } from "../contracts/storage.js";
import { checkRequiredMethods } from "../registry/load-storage-class.js";
import { DocStatusGuard } from "./doc-status-guard.js";
import { GraphGuard } from "./graph-guard.js";
import { KVGuard } from "./kv-guard.js";
import { type GuardContext, StorageSession } from "./storage-session.js";
import { VectorGuard } from "./vector-guard.js";

/**
 * Puts the guard before an implementation: what an application works with. It checks arguments and
 * state, copies and cleans records, aligns results, adds what the implementation leaves out, and
 * gives every error its type and place.
 *
 * @throws StorageContractError when required methods are missing
 */
export function guardStorage<Type extends StorageType>(
  implementation: AnyStorageImplementation,
  context: GuardContext & { readonly type: Type },
): StorageContractTypes[Type] & StorageSession<AnyStorageImplementation> {
  checkRequiredMethods(context.type, context.name, implementation);
  return construct(implementation, context) as unknown as StorageContractTypes[Type] &
    StorageSession<AnyStorageImplementation>;
}

function construct(implementation: AnyStorageImplementation, context: GuardContext): Storage {
  switch (context.type) {
    case "KV_STORAGE":
      return new KVGuard(implementation as KVStorageImplementation, context);
    case "VECTOR_STORAGE":
      return new VectorGuard(implementation as VectorStorageImplementation, context);
    case "GRAPH_STORAGE":
      return new GraphGuard(implementation as GraphStorageImplementation, context);
    case "DOC_STATUS_STORAGE":
      return new DocStatusGuard(implementation as DocStatusStorageImplementation, context);
  }
}

/** Whether a storage is guarded already. */
export function isGuarded(storage: object): boolean {
  return storage instanceof StorageSession;
}

/** Whether a storage is guarded and open. */
export function isOpen(storage: object): boolean {
  return storage instanceof StorageSession && storage.isOpen;
}
