import type { AnyStorageImplementation } from "../contracts/implementations.js";
import type { StorageType } from "../contracts/storage.js";
import {
  isStorageError,
  StorageContractError,
  StorageLoadError,
  StoragePackageMissingError,
} from "../errors/index.js";
import type { SettingDeclarations } from "../settings/setting-declaration.js";
import { installCommand } from "./install-command.js";
import { findImplementation, verifyStorageImplementation } from "./register-storage.js";
import { registryState, STORAGE_IMPLEMENTATIONS } from "./registry-state.js";
import { applicationFolders, resolutionFolders, resolvePackage } from "./resolve-package.js";
import type { ImplementationEntry } from "./storage-implementations.js";
import { isFileSpecifier, packageToInstall } from "./storage-name.js";

/** A class that implements a storage, with what it declares about itself. */
export interface StorageClass {
  // What a class asks of its options is its own; they are checked against its settings first.
  new (options: never): AnyStorageImplementation;
  readonly name: string;
  /** Its settings beside those of every storage, by option. */
  readonly settings?: SettingDeclarations;
  /** The variable that replaces a workspace from the environment: `REDIS_WORKSPACE`. */
  readonly workspaceVariable?: string;
  /** What the default workspace is called where it needs a name: `default` on PostgreSQL. */
  readonly defaultWorkspace?: string;
}

export interface LoadOptions {
  /** Where packages are looked for first: a folder, a file or a file URL of the application. */
  readonly resolveFrom?: string | undefined;
}

/**
 * Loads the class of a storage, looking for its package from the application first, then from this
 * package. Concurrent calls share one load; a failed one is not kept.
 *
 * @throws UnknownStorageError, StoragePackageMissingError, StorageLoadError, StorageContractError
 */
export function loadStorageClass(
  type: StorageType,
  name: string,
  options: LoadOptions = {},
): Promise<StorageClass> {
  try {
    verifyStorageImplementation(type, name);
  } catch (error) {
    return Promise.reject(error);
  }
  const { loads } = registryState();
  const key = `${type}:${name}:${options.resolveFrom ?? ""}`;
  const underWay = loads.get(key);
  if (underWay !== undefined) return underWay as Promise<StorageClass>;
  const load = loadAndCheck(type, name, options);
  loads.set(key, load);
  load.catch(() => loads.delete(key));
  return load;
}

async function loadAndCheck(type: StorageType, name: string, options: LoadOptions): Promise<StorageClass> {
  const entry = findImplementation(type, name);
  if (entry === null) throw new TypeError(`${name} was verified but is not there`);
  const loaded =
    entry.load === undefined ? await importExport(name, entry, options) : await callLoader(name, entry.load);
  if (typeof loaded !== "function") {
    throw new StorageContractError(
      `${name} has to be a class, but ${describeOrigin(name, entry)} gives ${describe(loaded)}.`,
      {
        storage: name,
      },
    );
  }
  const { prototype } = loaded as { prototype?: unknown };
  if (typeof prototype === "object" && prototype !== null) checkRequiredMethods(type, name, prototype);
  return loaded as unknown as StorageClass;
}

/**
 * Checks that an object has every method its contract requires.
 *
 * @throws StorageContractError naming all that are missing
 */
export function checkRequiredMethods(type: StorageType, name: string, candidate: object): void {
  const missingMethods = STORAGE_IMPLEMENTATIONS[type].requiredMethods.filter(
    (method) => typeof (candidate as Record<string, unknown>)[method] !== "function",
  );
  if (missingMethods.length === 0) return;
  throw new StorageContractError(
    `${name} cannot serve as ${type}: it lacks the method${missingMethods.length > 1 ? "s" : ""} ${missingMethods.join(", ")}.`,
    { storage: name, missingMethods },
  );
}

async function callLoader(name: string, load: () => unknown): Promise<unknown> {
  try {
    return await load();
  } catch (cause) {
    throw isStorageError(cause)
      ? cause
      : new StorageLoadError(`Loading ${name} failed: ${messageOf(cause)}`, { storage: name, cause });
  }
}

async function importExport(
  name: string,
  entry: ImplementationEntry,
  options: LoadOptions,
): Promise<unknown> {
  const specifier = entry.package ?? name;
  const url = findPackage(name, specifier, options);
  if (url === null) throw notFound(name, specifier, options);
  const module = await importFile(name, specifier, url);
  const exportName = entry.exportName ?? name;
  if (Object.hasOwn(module, exportName)) return module[exportName];
  const others = Object.keys(module).filter((key) => typeof module[key] === "function");
  throw new StorageContractError(
    `Package ${specifier} has no export ${exportName}. It exports ${others.length > 0 ? others.join(", ") : "no class"}.`,
    { storage: name },
  );
}

function notFound(name: string, specifier: string, options: LoadOptions): Error {
  const folders = applicationFolders(options.resolveFrom);
  if (!isFileSpecifier(specifier)) return packageMissing([{ name, specifier }], folders);
  return new StorageLoadError(
    `There is no file ${specifier} for ${name} in any of these folders: ${folders.join(", ")}`,
    { storage: name },
  );
}

function findPackage(name: string, specifier: string, options: LoadOptions): string | null {
  try {
    return resolvePackage(specifier, resolutionFolders(options.resolveFrom));
  } catch (cause) {
    throw new StorageLoadError(
      `Package ${specifier} of ${name} is there, but cannot be resolved: ${messageOf(cause)}`,
      {
        storage: name,
        cause,
      },
    );
  }
}

/** A new URL makes Node load the file anew, but not what the file imports in turn. */
const RESTART_HINT =
  ". It failed before: if it was mended meanwhile, restart the process, since Node keeps what failed inside it.";

async function importFile(name: string, specifier: string, url: string): Promise<Record<string, unknown>> {
  const { failedImports } = registryState();
  const failures = failedImports.get(url) ?? 0;
  try {
    return (await import(failures === 0 ? url : `${url}?attempt=${failures}`)) as Record<string, unknown>;
  } catch (cause) {
    failedImports.set(url, failures + 1);
    const hint = failures === 0 ? "" : RESTART_HINT;
    throw new StorageLoadError(
      `Package ${specifier} of ${name} is installed, but loading it failed: ${messageOf(cause)}${hint}`,
      { storage: name, cause },
    );
  }
}

/**
 * One error for all packages that are not installed, with the one command that installs them.
 *
 * @param folders the application's: the lock file there tells its package manager
 */
export function packageMissing(
  storages: readonly { readonly name: string; readonly specifier: string }[],
  folders: readonly string[],
): StoragePackageMissingError {
  const packages = [...new Set(storages.map(({ specifier }) => packageToInstall(specifier)))];
  const command = installCommand(packages, folders);
  const names = storages.map(({ name }) => name).join(", ");
  return new StoragePackageMissingError(
    `${names}: package ${packages.join(" and ")} ${packages.length > 1 ? "are" : "is"} not installed. Install with: ${command}`,
    { storage: names, packages, installCommand: command },
  );
}

function describeOrigin(name: string, entry: ImplementationEntry): string {
  return entry.load === undefined ? `package ${entry.package ?? name}` : "its load function";
}

function describe(value: unknown): string {
  return value === null ? "null" : `a value of type ${typeof value}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
