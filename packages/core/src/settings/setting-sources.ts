import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { StorageIOError } from "../errors/index.js";
import { type IniSections, parseConfigIni } from "./config-ini.js";
import { type Environment, parseDotEnv } from "./dot-env.js";
import type { SettingDeclaration } from "./setting-declaration.js";

/** Where settings come from after the options, in this order. */
export interface SettingSources {
  readonly environment: Environment;
  readonly dotEnv: Environment;
  readonly configIni: IniSections;
}

export interface FoundSetting {
  readonly text: string;
  /** For messages: `environment`, `.env`, `config.ini`. */
  readonly source: string;
}

/**
 * Reads the sources as they are now.
 *
 * @param env replaces the process environment and switches `.env` and `config.ini` off
 * @throws StorageIOError when a file is there but cannot be read
 */
export function readSettingSources(env?: Environment): SettingSources {
  if (env !== undefined) return { environment: env, dotEnv: {}, configIni: new Map() };
  const environment = process.env;
  return {
    environment,
    dotEnv: parseDotEnv(readIfPresent(".env"), environment),
    configIni: parseConfigIni(readIfPresent("config.ini")),
  };
}

/** The first source that has the setting. A blank value counts as not set. */
export function findSetting(declaration: SettingDeclaration, sources: SettingSources): FoundSetting | null {
  if (declaration.variable === undefined) return null;
  return findVariable(declaration.variable, sources, declaration.configIni);
}

/** The first source that has the variable; `config.ini` is asked for `[redis] uri` when `REDIS_URI` is meant. */
export function findVariable(
  variable: string,
  sources: SettingSources,
  place: { readonly section: string; readonly key: string } = configIniPlace(variable),
): FoundSetting | null {
  const candidates: [string | undefined, string][] = [
    [own(sources.environment, variable), "environment"],
    [own(sources.dotEnv, variable), ".env"],
    [sources.configIni.get(place.section)?.get(place.key), "config.ini"],
  ];
  for (const [text, source] of candidates) {
    if (text !== undefined && text.trim() !== "") return { text: text.trim(), source };
  }
  return null;
}

/** LightRAG's place of a variable in `config.ini`: `POSTGRES_MAX_CONNECTIONS` is `[postgres] max_connections`. */
function configIniPlace(variable: string): { section: string; key: string } {
  const [prefix = "", ...rest] = variable.toLowerCase().split("_");
  return { section: prefix === "mongo" ? "mongodb" : prefix, key: rest.join("_") };
}

function own(environment: Environment, variable: string): string | undefined {
  return Object.hasOwn(environment, variable) ? environment[variable] : undefined;
}

function readIfPresent(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "";
    const path = resolve(file);
    throw new StorageIOError(`Cannot read ${path} (${code}). Make it readable, or move it away.`, {
      cause,
      errno: code,
      path,
    });
  }
}
