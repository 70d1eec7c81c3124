/** A name as an identifier of SQL. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as a literal, for the few places that take no values: options of an index. */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? ` E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}

/** Texts as PostgreSQL's notation of an array, for a value that a statement casts by `::text[]`. */
export function arrayText(items: Iterable<string | number | null>): string {
  let text = "{";
  let separator = "";
  for (const item of items) {
    if (item === null) text += `${separator}NULL`;
    else if (typeof item === "number") text += `${separator}${item}`;
    else text += `${separator}"${NEEDS_ESCAPE.test(item) ? item.replace(EACH_ESCAPE, "\\$&") : item}"`;
    separator = ",";
  }
  return `${text}}`;
}

const NEEDS_ESCAPE = /["\\]/;
const EACH_ESCAPE = /["\\]/g;

/** The values of a statement as an array parameter: text first, so that every driver sends it alike. */
export function arrayParameter(number: number, type = "text"): string {
  return `$${number}::text::${type}[]`;
}

/** Whether PostgreSQL can hold a text at all: what it cannot hold is nowhere in it. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/** Texts to look for, without those that cannot be there. */
export function lookupText(items: readonly string[]): string {
  return arrayText(items.filter(isStorable));
}
