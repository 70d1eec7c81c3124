import type { StorageType } from "../contracts/storage.js";
import { StorageEnvironmentError } from "../errors/index.js";
import type { Environment } from "../settings/dot-env.js";
import { findVariable, readSettingSources, type SettingSources } from "../settings/setting-sources.js";
import { findImplementation, verifyStorageImplementation } from "./register-storage.js";

/** Options by which an application hands in a connection of its own; nothing else is then needed. */
const CONNECTION_OPTIONS = ["client", "pool", "driver", "pglite"];

export interface CheckEnvironmentOptions {
  /** Replaces the process environment; `.env` and `config.ini` are then not read. */
  readonly env?: Environment | undefined;
  /** Options the storage will be given: they satisfy a need as well as a variable does. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Checks that everything an implementation needs is set somewhere.
 *
 * @throws StorageEnvironmentError naming everything that is missing
 */
export function checkStorageEnvironment(
  type: StorageType,
  name: string,
  options: CheckEnvironmentOptions = {},
): void {
  verifyStorageImplementation(type, name);
  const missing = findMissingVariables(type, name, readSettingSources(options.env), options.options ?? {});
  if (missing.length > 0) throw environmentError(name, missing);
}

/** What each alternative still lacks; `[]` when one of them is complete, or nothing is needed. */
export function findMissingVariables(
  type: StorageType,
  name: string,
  sources: SettingSources,
  options: Readonly<Record<string, unknown>>,
): string[][] {
  const needs = findImplementation(type, name)?.env ?? [];
  if (CONNECTION_OPTIONS.some((option) => options[option] !== undefined)) return [];
  const missing = needs.map((alternative) =>
    alternative.filter(
      (variable) => options[optionOf(variable)] === undefined && findVariable(variable, sources) === null,
    ),
  );
  return missing.some((variables) => variables.length === 0) ? [] : missing;
}

export function environmentError(
  name: string,
  missing: readonly (readonly string[])[],
): StorageEnvironmentError {
  const alternatives = missing.map((variables) => variables.join(", ")).join("; or instead ");
  const [example = ""] = missing.at(-1) ?? [];
  return new StorageEnvironmentError(
    `${name} is not configured. Missing: ${alternatives}. Set them in the environment, in .env or in config.ini, or pass them as options (${example} is option ${optionOf(example)}).`,
    { storage: name, missing },
  );
}

/** The option that stands for a variable: `POSTGRES_EMBEDDED_DIR` is `embeddedDir`. */
export function optionOf(variable: string): string {
  const [, ...words] = variable.toLowerCase().split("_");
  return words
    .map((word, index) => (index === 0 ? word : word.slice(0, 1).toUpperCase() + word.slice(1)))
    .join("");
}
