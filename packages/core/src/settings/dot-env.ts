export type Environment = Readonly<Record<string, string | undefined>>;

const ASSIGNMENT =
  /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|([^\r\n]*))/gm;
const REFERENCE = /\$\{([^}:]*)(?::-([^}]*))?\}/g;
const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/**
 * Reads a `.env` file as python-dotenv does for LightRAG, since both read the same file. Node's own
 * parser cuts an unquoted value at any `#`, and so would change a password that contains one.
 *
 * @param environment wins over the file where a value refers to `${ANOTHER}` variable
 */
export function parseDotEnv(text: string, environment: Environment): Record<string, string> {
  const variables: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [, name = "", single, double, bare] of text.replace(/^\uFEFF/, "").matchAll(ASSIGNMENT)) {
    const value =
      single !== undefined
        ? unescapeSingle(single)
        : double !== undefined
          ? unescapeDouble(double)
          : unquoted(bare);
    variables[name] = value.replace(
      REFERENCE,
      (_, reference: string, fallback = "") =>
        environment[reference] ?? variables[reference] ?? String(fallback),
    );
  }
  return variables;
}

function unquoted(value = ""): string {
  return value.replace(/(^|\s+)#.*$/, "").trimEnd();
}

function unescapeSingle(value: string): string {
  return value.replace(/\\([\\'])/g, "$1");
}

function unescapeDouble(value: string): string {
  return value.replace(/\\([\\'"abfnrtv])/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped);
}
