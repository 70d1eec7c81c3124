import { type SettingFault, StorageSettingError } from "../errors/index.js";
import {
  describeAcceptedValues,
  type SettingDeclaration,
  type SettingDeclarations,
  type SettingValues,
} from "./setting-declaration.js";
import { findSetting, type FoundSetting, type SettingSources } from "./setting-sources.js";

export interface ResolvedSettings<D extends SettingDeclarations> {
  readonly values: SettingValues<D>;
  readonly faults: readonly SettingFault[];
}

const TRUE = new Set(["true", "1", "yes", "y", "t", "on"]);
const FALSE = new Set(["false", "0", "no", "n", "f", "off"]);

/** Each setting from its option, then the sources, then its default; all faults, not the first. */
export function resolveSettings<const D extends SettingDeclarations>(
  declarations: D,
  options: Readonly<Record<string, unknown>>,
  sources: SettingSources,
): ResolvedSettings<D> {
  const values: Record<string, unknown> = {};
  const faults: SettingFault[] = [];
  for (const [option, declaration] of Object.entries(declarations)) {
    if (declaration.withoutEffect !== undefined) continue;
    const given = options[option];
    const found = given === undefined ? findSetting(declaration, sources) : null;
    const value = given ?? (found === null ? undefined : parseSetting(declaration, found.text));
    if (given === undefined && found === null) {
      values[option] = "default" in declaration ? declaration.default : undefined;
    } else if (isAccepted(declaration, value)) {
      values[option] = value;
    } else {
      faults.push(describeFault(option, declaration, given, found));
    }
  }
  return { values: values as SettingValues<D>, faults };
}

/** Throws one error that names every fault, if there is any. */
export function throwSettingFaults(faults: readonly SettingFault[], storage?: string): void {
  if (faults.length === 0) return;
  const lines = faults.map(formatSettingFault);
  const message =
    lines.length === 1
      ? `Setting not usable: ${lines[0]}`
      : `${lines.length} settings are not usable:\n- ${lines.join("\n- ")}`;
  throw new StorageSettingError(message, { faults, storage });
}

/** Option keys that nothing declares: most likely misspelt. */
export function findUnknownOptions(
  options: Readonly<Record<string, unknown>>,
  known: Iterable<string>,
  owner: string,
): SettingFault[] {
  const names = new Set(known);
  return Object.keys(options)
    .filter((option) => !names.has(option))
    .map((option) => ({
      option,
      problem: `${owner} has no such option; it has ${[...names].sort().join(", ")}`,
    }));
}

function parseSetting(declaration: SettingDeclaration, text: string): unknown {
  switch (declaration.type) {
    case "integer":
    case "number":
      return /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text) ? Number(text) : undefined;
    case "boolean":
      if (TRUE.has(text.toLowerCase())) return true;
      return FALSE.has(text.toLowerCase()) ? false : undefined;
    default:
      return text;
  }
}

function isAccepted(declaration: SettingDeclaration, value: unknown): boolean {
  switch (declaration.type) {
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    case "choice":
      return typeof value === "string" && declaration.choices.includes(value);
    case "object":
      return (typeof value === "object" && value !== null) || typeof value === "function";
    case "integer":
      return Number.isSafeInteger(value) && isInRange(declaration, value as number);
    case "number":
      return Number.isFinite(value) && isInRange(declaration, value as number);
  }
}

function isInRange({ min, max }: { readonly min?: number; readonly max?: number }, value: number): boolean {
  return (min === undefined || value >= min) && (max === undefined || value <= max);
}

function describeFault(
  option: string,
  declaration: SettingDeclaration,
  given: unknown,
  found: FoundSetting | null,
): SettingFault {
  const shown = found === null ? describeValue(given) : found.text;
  return {
    option,
    variable: declaration.variable,
    value: declaration.secret ? "[secret]" : shown,
    source: found?.source ?? "option",
    problem: `expected ${describeAcceptedValues(declaration)}`,
  };
}

function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : `a value of type ${typeof value}`;
}

/** A fault as one line: the setting, its value and where that came from, what is accepted. */
export function formatSettingFault(fault: SettingFault): string {
  const isOption = fault.source === "option" || fault.variable === undefined;
  const name = isOption ? `option ${fault.option}` : fault.variable;
  const value = fault.value === undefined ? "" : ` = ${fault.value}`;
  const source =
    isOption || fault.source === undefined
      ? ""
      : ` (from ${fault.source === "environment" ? "the environment" : fault.source})`;
  return `${name}${value}${source}: ${fault.problem}`;
}
