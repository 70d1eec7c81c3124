interface CommonDeclaration {
  readonly description: string;
  /** Its value appears in no message and no log. */
  readonly secret?: boolean;
  /** Why LightRAG's variable of that name is accepted here but changes nothing. */
  readonly withoutEffect?: string;
}

interface VariableDeclaration extends CommonDeclaration {
  /** The environment variable, named as in LightRAG where LightRAG has it. */
  readonly variable: string;
  /** Where `config.ini` has it, if it has. */
  readonly configIni?: { readonly section: string; readonly key: string };
}

/** One setting as data: validation, documentation and the command line are derived from it. */
export type SettingDeclaration =
  | (VariableDeclaration & { readonly type: "string"; readonly default?: string })
  | (VariableDeclaration & {
      readonly type: "integer" | "number";
      readonly unit?: string;
      readonly min?: number;
      readonly max?: number;
      readonly default?: number;
    })
  | (VariableDeclaration & { readonly type: "boolean"; readonly default?: boolean })
  | (VariableDeclaration & {
      readonly type: "choice";
      readonly choices: readonly string[];
      readonly default?: string;
    })
  /** Handed in by the application, such as a client or a pool: an option without a variable. */
  | (CommonDeclaration & { readonly type: "object"; readonly variable?: never });

/** Settings by the name of their option. */
export type SettingDeclarations = Readonly<Record<string, SettingDeclaration>>;

type SettingType<D> = D extends { type: "choice"; choices: readonly (infer Choice)[] }
  ? Choice
  : D extends { type: "string" }
    ? string
    : D extends { type: "integer" | "number" }
      ? number
      : D extends { type: "boolean" }
        ? boolean
        : unknown;

/** What resolving declarations gives: a value where there is a default, otherwise perhaps `undefined`. */
export type SettingValues<D extends SettingDeclarations> = {
  readonly [Option in keyof D]: D[Option] extends { default: string | number | boolean }
    ? SettingType<D[Option]>
    : SettingType<D[Option]> | undefined;
};

/** Declares settings, keeping their exact types. */
export function defineSettings<const D extends SettingDeclarations>(declarations: D): D {
  return declarations;
}

/** What values a setting accepts, for messages and documentation. */
export function describeAcceptedValues(declaration: SettingDeclaration): string {
  switch (declaration.type) {
    case "string":
      return "text";
    case "boolean":
      return "true or false";
    case "choice":
      return declaration.choices.map((choice) => `"${choice}"`).join(" or ");
    case "object":
      return "an object";
    default:
      return describeNumber(declaration);
  }
}

function describeNumber(declaration: SettingDeclaration & { type: "integer" | "number" }): string {
  const kind = declaration.type === "integer" ? "a whole number" : "a number";
  const unit = declaration.unit === undefined ? "" : ` of ${declaration.unit}`;
  const { min, max } = declaration;
  if (min !== undefined && max !== undefined) return `${kind}${unit} from ${min} to ${max}`;
  if (min !== undefined) return `${kind}${unit}, at least ${min}`;
  if (max !== undefined) return `${kind}${unit}, at most ${max}`;
  return kind + unit;
}
