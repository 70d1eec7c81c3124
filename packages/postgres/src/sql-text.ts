/** A name as an identifier of SQL. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as a literal, for the few places that take no values: options of an index. */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? ` E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}

/** A list among the values of a statement. */
export function arrayParameter(number: number, type: "text" | "vector" = "text"): string {
  return `$${number}::${type}[]`;
}

/** Whether PostgreSQL can hold a text at all: what it cannot hold is nowhere in it. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/** Texts to look for, without those that cannot be there. */
export function storableTexts(items: readonly string[]): string[] {
  return items.filter(isStorable);
}
