import type { StorageContractTypes } from "../contracts/implementations.js";
import type { Logger } from "../contracts/logger.js";
import type { StorageOptions, StorageType } from "../contracts/storage.js";
import { defaultLogger } from "../default-logger.js";
import type { SettingFault } from "../errors/index.js";
import { guardStorage } from "../guard/guard-storage.js";
import type { StorageClass } from "../registry/load-storage-class.js";
import { coreSettings } from "../settings/core-settings.js";
import { findUnknownOptions, resolveSettings } from "../settings/resolve-settings.js";
import type { SettingSources } from "../settings/setting-sources.js";
import { resolveWorkspace } from "./resolve-workspace.js";

/** Options that are not settings. */
const PLAIN_OPTIONS = ["namespace", "embedding", "metaFields", "env", "logger", "resolveFrom"] as const;

/** What a storage class is constructed with: every option and setting, resolved. */
export interface ResolvedStorageOptions extends StorageOptions {
  readonly workspace: string;
  readonly workingDir: string;
  readonly cosineThreshold: number;
  readonly embeddingBatchSize: number;
  readonly embeddingMaxAsync: number;
  readonly maxGraphNodes: number;
  readonly logger: Logger;
}

/** A storage about to be made: its class and its options, with everything that is wrong with them. */
export interface StoragePlan<Type extends StorageType = StorageType> {
  readonly type: Type;
  readonly name: string;
  readonly storageClass: StorageClass;
  readonly options: ResolvedStorageOptions;
  readonly faults: readonly SettingFault[];
}

/** Resolves the options of a storage against its class; faults are collected, not thrown. */
export function planStorage<Type extends StorageType>(
  type: Type,
  name: string,
  storageClass: StorageClass,
  options: StorageOptions & Readonly<Record<string, unknown>>,
  sources: SettingSources,
): StoragePlan<Type> {
  const declarations = { ...coreSettings, ...storageClass.settings };
  const { workspace: _, ...declaredWithoutWorkspace } = declarations;
  const { values, faults } = resolveSettings(declaredWithoutWorkspace, options, sources);
  const known = [...PLAIN_OPTIONS, ...Object.keys(declarations)];
  const workspace = resolveWorkspace(storageClass, options.workspace, sources);
  const resolved = {
    ...options,
    ...values,
    workspace: workspace.name,
    logger: options.logger ?? defaultLogger,
  } as ResolvedStorageOptions;
  const allFaults = [...findUnknownOptions(options, known, name), ...workspace.faults, ...faults];
  if (type === "VECTOR_STORAGE") allFaults.push(...embeddingFaults(options.embedding, name));
  return { type, name, storageClass, options: resolved, faults: allFaults };
}

/** Makes and guards the storage; it is not open yet. */
export function constructStorage<Type extends StorageType>(
  plan: StoragePlan<Type>,
): StorageContractTypes[Type] {
  const { type, name, storageClass, options } = plan;
  const implementation = new storageClass(options as never);
  return guardStorage(implementation, {
    type,
    name: storageClass.name || name,
    namespace: options.namespace,
    workspace: options.workspace,
    logger: options.logger,
    maxGraphNodes: options.maxGraphNodes,
  });
}

function embeddingFaults(embedding: StorageOptions["embedding"], name: string): SettingFault[] {
  const option = "embedding";
  if (embedding === undefined) {
    return [{ option, problem: `${name} needs an embedding: { dimension, embed(texts, options) }` }];
  }
  const faults: SettingFault[] = [];
  if (!Number.isSafeInteger(embedding.dimension) || embedding.dimension < 1) {
    faults.push({
      option: "embedding.dimension",
      value: String(embedding.dimension),
      problem: "expected a whole number, at least 1",
    });
  }
  if (typeof embedding.embed !== "function") {
    faults.push({ option: "embedding.embed", problem: "expected a function from texts to vectors" });
  }
  return faults;
}
