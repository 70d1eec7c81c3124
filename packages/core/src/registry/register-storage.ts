import type { StorageType } from "../contracts/storage.js";
import { InvalidArgumentError, UnknownStorageError } from "../errors/index.js";
import { registryState, STORAGE_IMPLEMENTATIONS } from "./registry-state.js";
import type { EnvironmentNeeds, ImplementationEntry } from "./storage-implementations.js";
import { parseSpecifiedExport, sortBySimilarity } from "./storage-name.js";

export interface StorageRegistration {
  /** The package that exports the class under the registered name, or `package#ExportName`. */
  readonly package?: string | undefined;
  /** Gives the class, or a promise of it; no package is then looked for. */
  readonly load?: (() => unknown) | undefined;
  /** Variables it needs: alternatives, each a list. */
  readonly env?: EnvironmentNeeds | undefined;
}

const NAME_PATTERN = /^[A-Za-z_$][\w$]{0,99}$/;

/**
 * Adds an implementation to `STORAGE_IMPLEMENTATIONS`, for this process.
 *
 * @throws InvalidArgumentError when the name is taken (unless `replace`) or is no identifier
 */
export function registerStorage(
  type: StorageType,
  name: string,
  registration: StorageRegistration,
  options: { readonly replace?: boolean } = {},
): void {
  verifyStorageType(type);
  const { implementations, loads } = registryState();
  if (!NAME_PATTERN.test(name)) {
    throw new InvalidArgumentError(
      `${JSON.stringify(name)} cannot be the name of a storage: it has to be an identifier, as of a class`,
    );
  }
  if (registration.package === undefined && registration.load === undefined) {
    throw new InvalidArgumentError(`Storage ${name} needs a package or a load function to come from`);
  }
  if (Object.hasOwn(implementations[type], name) && options.replace !== true) {
    throw new InvalidArgumentError(
      `${type} has a storage ${name} already; pass { replace: true } to put another in its place`,
    );
  }
  implementations[type][name] = entryOf(registration);
  for (const key of loads.keys()) {
    if (key.startsWith(`${type}:${name}:`)) loads.delete(key);
  }
}

function entryOf(registration: StorageRegistration): ImplementationEntry {
  const specified = registration.package === undefined ? null : parseSpecifiedExport(registration.package);
  return Object.freeze({
    package: specified?.specifier ?? registration.package ?? null,
    env: registration.env ?? [],
    ...(registration.load === undefined ? {} : { load: registration.load }),
    ...(specified === null ? {} : { exportName: specified.exportName }),
  });
}

/**
 * Checks that a name can serve a storage type: one of the table, or `package#ExportName`.
 *
 * @throws UnknownStorageError listing the names of that type, the nearest spelling first
 */
export function verifyStorageImplementation(type: StorageType, name: string): void {
  verifyStorageType(type);
  if (findImplementation(type, name) !== null) return;
  const { implementations } = STORAGE_IMPLEMENTATIONS[type];
  const available = sortBySimilarity(name, Object.keys(implementations));
  const otherType = Object.entries(STORAGE_IMPLEMENTATIONS).find(([, entry]) =>
    Object.hasOwn(entry.implementations, name),
  );
  const hint = otherType === undefined ? "" : ` (it is a ${otherType[0]})`;
  throw new UnknownStorageError(
    `${JSON.stringify(name)} is not a ${type}${hint}. There are: ${available.join(", ")}; or name your own as "package#ExportName".`,
    { available },
  );
}

/** The entry of a name, made up for `package#ExportName`; `null` when there is none. */
export function findImplementation(type: StorageType, name: string): ImplementationEntry | null {
  const { implementations } = STORAGE_IMPLEMENTATIONS[type];
  if (typeof name !== "string") return null;
  if (Object.hasOwn(implementations, name)) return implementations[name] ?? null;
  const specified = parseSpecifiedExport(name);
  return specified === null
    ? null
    : { package: specified.specifier, exportName: specified.exportName, env: [] };
}

function verifyStorageType(type: StorageType): void {
  if (Object.hasOwn(STORAGE_IMPLEMENTATIONS, type)) return;
  const available = Object.keys(STORAGE_IMPLEMENTATIONS);
  throw new UnknownStorageError(
    `${JSON.stringify(type)} is not a storage type. There are: ${available.join(", ")}.`,
    {
      available,
    },
  );
}
