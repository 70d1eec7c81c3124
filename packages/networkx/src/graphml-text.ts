/** How the files begin. */
export const HEADER = `<?xml version='1.0' encoding='utf-8'?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
`;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#13;",
  "\n": "&#10;",
  "\t": "&#09;",
};

const CHARACTERS: ReadonlyMap<string, string> = new Map([
  ...Object.entries(ENTITIES).map(([character, entity]) => [entity, character] as const),
  ["&#9;", "\t"],
]);

/** A bare carriage return would be read as a line feed. */
export function escapeText(text: string): string {
  return /[&<>\r]/.test(text)
    ? text.replace(/[&<>\r]/g, (character) => ENTITIES[character] ?? character)
    : text;
}

export function escapeAttribute(text: string): string {
  return /[&<>"\r\n\t]/.test(text)
    ? text.replace(/[&<>"\r\n\t]/g, (character) => ENTITIES[character] ?? character)
    : text;
}

/** What was escaped by one of the above. */
export function unescape(text: string): string {
  return text.includes("&")
    ? text.replace(/&[a-z#0-9]+;/g, (entity) => CHARACTERS.get(entity) ?? entity)
    : text;
}
