import type { StorageContractTypes } from "../contracts/implementations.js";
import type { KVStorage } from "../contracts/kv-storage.js";
import type { StorageRecord } from "../contracts/record.js";
import type { StorageOptions, StorageType } from "../contracts/storage.js";
import { InvalidArgumentError } from "../errors/index.js";
import { isNamespace } from "../namespaces/name-space.js";
import { environmentError, findMissingVariables } from "../registry/check-storage-environment.js";
import { loadStorageClass } from "../registry/load-storage-class.js";
import { verifyStorageImplementation } from "../registry/register-storage.js";
import { throwSettingFaults } from "../settings/resolve-settings.js";
import { readSettingSources } from "../settings/setting-sources.js";
import { constructStorage, planStorage } from "./storage-plan.js";

/** Options of every storage, and those of the backend. */
export type CreateStorageOptions = StorageOptions & Readonly<Record<string, unknown>>;

/**
 * Makes and opens one storage: its name verified, its settings checked, its package loaded, the
 * guard before it.
 *
 * @throws UnknownStorageError, StorageEnvironmentError, StoragePackageMissingError, StorageLoadError,
 *   StorageContractError, StorageSettingError, InvalidWorkspaceError, and what opening it may meet
 */
export async function createStorage<Row extends object = StorageRecord>(
  type: "KV_STORAGE",
  name: string,
  options: CreateStorageOptions,
): Promise<KVStorage<Row>>;
export async function createStorage<Type extends StorageType>(
  type: Type,
  name: string,
  options: CreateStorageOptions,
): Promise<StorageContractTypes[Type]>;
export async function createStorage<Type extends StorageType>(
  type: Type,
  name: string,
  options: CreateStorageOptions,
): Promise<StorageContractTypes[Type]> {
  verifyStorageImplementation(type, name);
  checkNamespace(options.namespace);
  const sources = readSettingSources(options.env);
  const missing = findMissingVariables(type, name, sources, options);
  if (missing.length > 0) throw environmentError(name, missing);
  const storageClass = await loadStorageClass(type, name, options);
  const plan = planStorage(type, name, storageClass, options, sources);
  throwSettingFaults(plan.faults, name);
  const storage = constructStorage(plan);
  await storage.initialize();
  return storage;
}

function checkNamespace(namespace: unknown): void {
  if (isNamespace(namespace)) return;
  throw new InvalidArgumentError(
    `The namespace has to be 1 to 64 letters, digits or "_", not ${JSON.stringify(namespace)}`,
  );
}
