import type { Embedding } from "../contracts/embedding.js";
import type { AnyStorageImplementation, StorageContractTypes } from "../contracts/implementations.js";
import type { StorageOptions, StorageType } from "../contracts/storage.js";
import { addErrorContext, isStorageError, type SettingFault } from "../errors/index.js";
import type { StorageSession } from "../guard/storage-session.js";
import { environmentError, findMissingVariables } from "../registry/check-storage-environment.js";
import { loadStorageClass, type StorageClass } from "../registry/load-storage-class.js";
import { verifyStorageImplementation } from "../registry/register-storage.js";
import { coreSettings, storageNameSettings } from "../settings/core-settings.js";
import { findUnknownOptions, resolveSettings, throwSettingFaults } from "../settings/resolve-settings.js";
import { readSettingSources, type SettingSources } from "../settings/setting-sources.js";
import { JointCalls } from "./joint-calls.js";
import {
  type OpenedStorages,
  type StorageKind,
  TWELVE,
  type TwelveStorages,
  TYPE_OF_KIND,
} from "./opened-storages.js";
import { StartProblems } from "./start-problems.js";
import { constructStorage, planStorage, type StoragePlan } from "./storage-plan.js";

/** An implementation by name, perhaps with options of its backend. */
export type StorageSelection = string | ({ readonly name: string } & Readonly<Record<string, unknown>>);

export interface OpenStoragesOptions extends Omit<StorageOptions, "namespace" | "metaFields" | "embedding"> {
  readonly embedding: Embedding;
  readonly kv?: StorageSelection | undefined;
  readonly vector?: StorageSelection | undefined;
  readonly graph?: StorageSelection | undefined;
  readonly docStatus?: StorageSelection | undefined;
}

interface SelectedStorage {
  readonly kind: StorageKind;
  readonly type: StorageType;
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

const KINDS: readonly StorageKind[] = ["kv", "vector", "graph", "docStatus"];
const OPTIONS = [...KINDS, ...Object.keys(coreSettings), "embedding", "env", "logger", "resolveFrom"];

/**
 * Opens the twelve storages of a workspace. What is wrong with names, packages, settings and
 * workspace is reported together, before anything is opened; when one cannot be opened, those that
 * were are closed again.
 */
export async function openStorages(options: OpenStoragesOptions): Promise<OpenedStorages> {
  const sources = readSettingSources(options.env);
  const problems = new StartProblems(options.resolveFrom);
  problems.addFaults(findUnknownOptions({ ...options }, OPTIONS, "openStorages"));
  const selected = selectStorages(options, sources);
  const classes = await loadClasses(selected, options, sources, problems);
  const plans = await planTwelve(selected, classes, options, sources, problems);
  problems.throwIfAny();
  const storages = plans.map((plan) => constructStorage(plan) as Session);
  await initializeAll(storages);
  const byProperty = Object.fromEntries(TWELVE.map(({ property }, index) => [property, storages[index]]));
  const joint = new JointCalls(storages);
  return {
    ...(byProperty as unknown as TwelveStorages),
    indexDoneCallback: (callOptions) => joint.indexDoneCallback(callOptions),
    dropPendingIndexOps: () => joint.dropPendingIndexOps(),
    drop: () => joint.drop(),
    finalize: (callOptions) => joint.finalize(callOptions),
    [Symbol.asyncDispose]: () => joint.finalize(),
  };
}

type Session = StorageContractTypes[StorageType] & StorageSession<AnyStorageImplementation>;

function selectStorages(options: OpenStoragesOptions, sources: SettingSources): SelectedStorage[] {
  const { values } = resolveSettings(storageNameSettings, {}, sources);
  const faults: SettingFault[] = [];
  const selected = KINDS.map((kind): SelectedStorage => {
    const selection = options[kind] ?? values[kind];
    const type = TYPE_OF_KIND[kind];
    if (typeof selection === "string") return { kind, type, name: selection, options: {} };
    const { name, ...own } = selection;
    if (typeof name !== "string")
      faults.push({ option: `${kind}.name`, problem: "expected the name of a storage" });
    return { kind, type, name, options: own };
  });
  throwSettingFaults(faults);
  return selected;
}

/** Loads the four classes. Everything that keeps any of them from being used is a problem. */
async function loadClasses(
  selected: readonly SelectedStorage[],
  { resolveFrom }: OpenStoragesOptions,
  sources: SettingSources,
  problems: StartProblems,
): Promise<Map<StorageKind, StorageClass>> {
  const classes = new Map<StorageKind, StorageClass>();
  for (const { kind, type, name, options } of selected) {
    await problems.collect(async () => {
      verifyStorageImplementation(type, name);
      const missing = findMissingVariables(type, name, sources, options);
      if (missing.length > 0) problems.addError(environmentError(name, missing));
      classes.set(kind, await loadStorageClass(type, name, { resolveFrom }));
    });
  }
  return classes;
}

async function planTwelve(
  selected: readonly SelectedStorage[],
  classes: ReadonlyMap<StorageKind, StorageClass>,
  options: OpenStoragesOptions,
  sources: SettingSources,
  problems: StartProblems,
): Promise<StoragePlan[]> {
  const { kv: _kv, vector: _vector, graph: _graph, docStatus: _docStatus, ...shared } = options;
  const plans: StoragePlan[] = [];
  for (const { kind, namespace } of TWELVE) {
    const selection = selected.find((candidate) => candidate.kind === kind);
    const storageClass = classes.get(kind);
    if (selection === undefined || storageClass === undefined) continue;
    await problems.collect(() => {
      const own = { ...shared, ...selection.options, namespace };
      const plan = planStorage(selection.type, selection.name, storageClass, own, sources);
      problems.addFaults(plan.faults);
      plans.push(plan);
    });
  }
  return plans;
}

async function initializeAll(storages: readonly Session[]): Promise<void> {
  const results = await Promise.allSettled(storages.map((storage) => storage.initialize()));
  const failed = results.flatMap((result, index) =>
    result.status === "rejected" ? [{ error: result.reason as Error, storage: storages[index] }] : [],
  );
  const [first] = failed;
  if (first === undefined) return;
  await Promise.allSettled(storages.map((storage) => storage.finalize({ pending: "discard" })));
  for (const { error, storage } of failed) {
    if (isStorageError(error) && storage !== undefined) {
      addErrorContext(error, {
        storage: storage.name,
        namespace: storage.namespace,
        workspace: storage.workspace,
      });
    }
  }
  if (failed.length > 1) Object.assign(first.error, { errors: failed.map(({ error }) => error) });
  throw first.error;
}
