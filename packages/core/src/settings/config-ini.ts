/** Values by section, then by key in lower case. */
export type IniSections = ReadonlyMap<string, ReadonlyMap<string, string>>;

const SECTION = /^\[([^\]]+)\]/;
const OPTION = /^([^=:]*?)\s*[=:]\s*(.*)$/;

/**
 * Reads `config.ini` as Python's `configparser` does for LightRAG, since both read the same file:
 * keys without regard to case, `=` or `:`, comments on lines of their own only (a `#` inside a
 * value stays), indented lines continue a value, `%%` is `%`.
 */
export function parseConfigIni(text: string): IniSections {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  let key: string | undefined;
  for (const line of text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/)) {
    const content = line.trim();
    if (content === "" || content.startsWith("#") || content.startsWith(";")) continue;
    const continued = key !== undefined && /^\s/.test(line);
    const header = continued ? undefined : SECTION.exec(content)?.[1];
    if (header !== undefined) {
      section = sections.get(header) ?? new Map();
      sections.set(header, section);
      key = undefined;
    } else if (section !== undefined && continued && key !== undefined) {
      section.set(key, `${section.get(key) ?? ""}\n${content}`);
    } else {
      key = setOption(section, content);
    }
  }
  return sections;
}

function setOption(section: Map<string, string> | undefined, content: string): string | undefined {
  const [, name, value] = OPTION.exec(content) ?? [];
  if (section === undefined || !name) return undefined;
  section.set(name.toLowerCase(), (value ?? "").replaceAll("%%", "%"));
  return name.toLowerCase();
}
