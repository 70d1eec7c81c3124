import { StorageError, type StorageErrorCode, type StorageErrorOptions } from "./storage-error.js";

/** No storage of that name; the message lists those there are, the nearest spelling first. */
export class UnknownStorageError extends StorageError {
  static override readonly code: StorageErrorCode = "UNKNOWN_STORAGE";
  override readonly name: string = "UnknownStorageError";
  /** The names of the same storage type, nearest spelling first. */
  readonly available: readonly string[];

  constructor(message: string, options: StorageErrorOptions & { readonly available: readonly string[] }) {
    super(message, options);
    this.available = options.available;
  }
}

/** The package of a storage is not installed; the message ends with the command that installs it. */
export class StoragePackageMissingError extends StorageError {
  static override readonly code: StorageErrorCode = "STORAGE_PACKAGE_MISSING";
  override readonly name: string = "StoragePackageMissingError";
  readonly packages: readonly string[];
  readonly installCommand: string;

  constructor(
    message: string,
    options: StorageErrorOptions & { readonly packages: readonly string[]; readonly installCommand: string },
  ) {
    super(message, options);
    this.packages = options.packages;
    this.installCommand = options.installCommand;
  }
}

/** Settings that a storage cannot do without are not set anywhere. */
export class StorageEnvironmentError extends StorageError {
  static override readonly code: StorageErrorCode = "STORAGE_ENVIRONMENT";
  override readonly name: string = "StorageEnvironmentError";
  /** Alternatives, each a list of the variables it still lacks: satisfying one is enough. */
  readonly missing: readonly (readonly string[])[];

  constructor(
    message: string,
    options: StorageErrorOptions & { readonly missing: readonly (readonly string[])[] },
  ) {
    super(message, options);
    this.missing = options.missing;
  }
}

/** A class or object lacks methods of its contract, or broke a promise of it. */
export class StorageContractError extends StorageError {
  static override readonly code: StorageErrorCode = "STORAGE_CONTRACT";
  override readonly name: string = "StorageContractError";
  readonly missingMethods: readonly string[];

  constructor(
    message: string,
    options: StorageErrorOptions & { readonly missingMethods?: readonly string[] } = {},
  ) {
    super(message, options);
    this.missingMethods = options.missingMethods ?? [];
  }
}

/** What is wrong with one setting. */
export interface SettingFault {
  readonly variable?: string | undefined;
  readonly option?: string | undefined;
  /** `[secret]` for secrets. */
  readonly value?: string | undefined;
  readonly source?: string | undefined;
  readonly problem: string;
}

/** Settings whose values cannot be used, all those of one start together. */
export class StorageSettingError extends StorageError {
  static override readonly code: StorageErrorCode = "STORAGE_SETTING";
  override readonly name: string = "StorageSettingError";
  readonly faults: readonly SettingFault[];

  constructor(
    message: string,
    options: StorageErrorOptions & { readonly faults?: readonly SettingFault[] } = {},
  ) {
    super(message, options);
    this.faults = options.faults ?? [];
  }
}

/** A workspace name that no backend may be given. */
export class InvalidWorkspaceError extends StorageError {
  static override readonly code: StorageErrorCode = "INVALID_WORKSPACE";
  override readonly name: string = "InvalidWorkspaceError";
}

/** The package of a storage is there, but loading it failed; the cause says why. */
export class StorageLoadError extends StorageError {
  static override readonly code: StorageErrorCode = "STORAGE_LOAD";
  override readonly name: string = "StorageLoadError";
}
