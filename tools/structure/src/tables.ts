import { existsSync } from "node:fs";

import { STORAGE_IMPLEMENTATIONS, type StorageType } from "@tetrad/core";
import {
  coreSettings,
  describeAcceptedValues,
  type SettingDeclaration,
  type SettingDeclarations,
  storageNameSettings,
} from "@tetrad/core/plugin";
import { FaissVectorDBStorage } from "@tetrad/faiss";
import { fileSettings } from "@tetrad/file-engine";
import { mongoSettings, mongoVectorSettings } from "@tetrad/mongo";
import { MemgraphStorage, Neo4JStorage } from "@tetrad/neo4j";
import { postgresSettings } from "@tetrad/postgres";
import { redisSettings } from "@tetrad/redis";

/** A table of the docs that is made from the code. It stands between two comments that name it. */
export interface Table {
  /** The file, from the root of the repository. */
  readonly file: string;
  readonly name: string;
  readonly content: string;
}

/** Every generated table. */
export function tables(root: URL): Table[] {
  return [
    { file: "README.md", name: "backends", content: backendTable(root, "docs/backends/") },
    { file: "docs/backends/README.md", name: "backends", content: backendTable(root, "") },
    { file: "docs/plugin.md", name: "methods", content: methodTable() },
    { file: "docs/settings.md", name: "names", content: settingTable(storageNameSettings) },
    { file: "docs/settings.md", name: "core", content: settingTable(coreSettings) },
    { file: "docs/settings.md", name: "files", content: settingTable(fileSettings) },
    {
      file: "docs/settings.md",
      name: "faiss",
      content: settingTable(ownSettings(FaissVectorDBStorage.settings)),
    },
    { file: "docs/settings.md", name: "redis", content: settingTable(redisSettings) },
    { file: "docs/settings.md", name: "mongo", content: settingTable(mongoVectorSettings) },
    { file: "docs/settings.md", name: "neo4j", content: settingTable(Neo4JStorage.settings) },
    { file: "docs/settings.md", name: "memgraph", content: settingTable(MemgraphStorage.settings) },
    { file: "docs/settings.md", name: "postgres", content: settingTable(postgresSettings) },
    { file: "docs/settings.md", name: "needs", content: needsTable() },
    {
      file: "docs/settings.md",
      name: "without-effect",
      content: withoutEffectTable([coreSettings, redisSettings, mongoSettings, postgresSettings]),
    },
  ];
}

/** Puts a table between its comments. @throws when the file has no place for it */
export function insertTable(text: string, { file, name, content }: Table): string {
  const [start, end] = [`<!-- table: ${name} -->`, `<!-- end of table: ${name} -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from === -1 || to < from) throw new Error(`${file} has no place for the table ${name}`);
  return `${text.slice(0, from + start.length)}\n\n${content}\n${text.slice(to)}`;
}

const TYPES: readonly [StorageType, string][] = [
  ["KV_STORAGE", "Key-value"],
  ["VECTOR_STORAGE", "Vector"],
  ["GRAPH_STORAGE", "Graph"],
  ["DOC_STATUS_STORAGE", "Document status"],
];

interface Backend {
  readonly names: Map<StorageType, string[]>;
  readonly needs: Set<string>;
}

/** @param pages where the pages of the backends are, seen from the table */
function backendTable(root: URL, pages: string): string {
  const backends = new Map<string, Backend>();
  for (const [type] of TYPES) {
    for (const [name, entry] of Object.entries(STORAGE_IMPLEMENTATIONS[type].implementations)) {
      const backend = backends.get(entry.package ?? "") ?? { names: new Map(), needs: new Set() };
      backends.set(entry.package ?? "", backend);
      backend.names.set(type, [...(backend.names.get(type) ?? []), `\`${name}\``]);
      backend.needs.add(formatNeeds(entry.env));
    }
  }
  const rows = Array.from(backends, ([packageName, { names, needs }]) => [
    `\`${packageName}\``,
    ...TYPES.map(([type]) => names.get(type)?.join(", ") ?? ""),
    [...needs].join("; "),
    howTo(packageName, root, pages),
  ]);
  return markdownTable(["Package", ...TYPES.map(([, title]) => title), "Needs", "How to use it"], rows);
}

/** The page of a backend, which says how it is installed on which platform. */
function howTo(packageName: string, root: URL, pages: string): string {
  const page = packageName.replace("@tetrad/", "").concat(".md");
  return existsSync(new URL(`docs/backends/${page}`, root))
    ? `[install and use](${pages}${page})`
    : "not yet there";
}

function methodTable(): string {
  const rows = TYPES.map(([type, title]) => {
    const { requiredMethods, optionalMethods } = STORAGE_IMPLEMENTATIONS[type];
    return [title, formatCode(requiredMethods), formatCode(optionalMethods)];
  });
  return markdownTable(["Contract", "Required", "Optional: core has a default"], rows);
}

function settingTable(declarations: SettingDeclarations): string {
  const rows = Object.entries(declarations)
    .filter(([, declaration]) => declaration.withoutEffect === undefined)
    .map(([option, declaration]) => [
      declaration.variable === undefined ? "" : formatCode([declaration.variable]),
      formatCode([option]),
      formatIni(declaration),
      describeAcceptedValues(declaration),
      "default" in declaration ? formatCode([JSON.stringify(declaration.default)]) : "none",
      declaration.description,
    ]);
  return markdownTable(["Variable", "Option", "`config.ini`", "Accepts", "Default", "Meaning"], rows);
}

/** What a storage on files has beyond what all of them have. */
function ownSettings(settings: SettingDeclarations): SettingDeclarations {
  return Object.fromEntries(Object.entries(settings).filter(([option]) => !(option in fileSettings)));
}

function withoutEffectTable(declarations: readonly SettingDeclarations[]): string {
  const rows = declarations
    .flatMap((each) => Object.values(each))
    .filter((declaration) => declaration.withoutEffect !== undefined)
    .map((declaration) => [
      formatCode([declaration.variable ?? ""]),
      declaration.description,
      declaration.withoutEffect ?? "",
    ]);
  return markdownTable(["Variable", "In LightRAG", "Here"], rows);
}

function needsTable(): string {
  const rows = TYPES.flatMap(([type]) =>
    Object.entries(STORAGE_IMPLEMENTATIONS[type].implementations)
      .filter(([, entry]) => entry.env.length > 0)
      .map(([name, entry]) => [`\`${name}\``, formatNeeds(entry.env)]),
  );
  return markdownTable(["Storage", "Needs"], rows);
}

function formatNeeds(env: readonly (readonly string[])[]): string {
  return env.length === 0 ? "a folder" : env.map(formatCode).join(" or ");
}

function formatIni(declaration: SettingDeclaration): string {
  const place = declaration.variable === undefined ? undefined : declaration.configIni;
  return place === undefined ? "" : `\`[${place.section}] ${place.key}\``;
}

function formatCode(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}

function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line), ""].join("\n");
}
