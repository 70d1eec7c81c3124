import { existsSync, readdirSync, readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { insertTable, tables } from "../src/tables.js";

const root = new URL("../../../", import.meta.url);

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly files?: string[];
  readonly exports?: Record<string, unknown>;
}

const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const manifestOf = (folder: string): Manifest => JSON.parse(read(`${folder}/package.json`)) as Manifest;
const foldersIn = (parent: string): string[] =>
  readdirSync(new URL(parent, root), { withFileTypes: true })
    .filter(
      (entry) => entry.isDirectory() && existsSync(new URL(`${parent}/${entry.name}/package.json`, root)),
    )
    .map(({ name }) => `${parent}/${name}`);

const packages = foldersIn("packages").map((folder) => ({ folder, manifest: manifestOf(folder) }));
const everything = [
  ...packages,
  ...["interop", "services"].map((folder) => ({ folder, manifest: manifestOf(folder) })),
  ...[...foldersIn("examples"), ...foldersIn("tools")].map((folder) => ({
    folder,
    manifest: manifestOf(folder),
  })),
];

/** What each package of ours may depend on: arrows point from backends to engines to core. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  "@tetrad/core": [],
  "@tetrad/vector-engine": [],
  "@tetrad/testkit": ["@tetrad/core"],
  "@tetrad/file-engine": ["@tetrad/core"],
};
const BACKENDS_MAY_USE = ["@tetrad/core", "@tetrad/file-engine", "@tetrad/vector-engine"];

describe("the tables of the docs", () => {
  test.each(tables(root).map((table) => [`${table.name} in ${table.file}`, table] as const))(
    "%s is what the code says (`pnpm docs:tables` writes it)",
    (_, table) => {
      expect(insertTable(read(table.file), table)).toBe(read(table.file));
    },
  );
});

describe("packages", () => {
  test.each(packages.map(({ folder, manifest }) => [manifest.name, folder, manifest] as const))(
    "%s has what every package has",
    (name, folder, manifest) => {
      expect(`packages/${name.replace("@tetrad/", "")}`).toBe(folder);
      for (const file of ["README.md", "LICENSE", "tsconfig.json", "tsup.config.ts", "src/index.ts"]) {
        expect(existsSync(new URL(`${folder}/${file}`, root)), `${folder}/${file}`).toBe(true);
      }
      expect(manifest.exports).toHaveProperty(["./package.json"]);
      expect(manifest.files).toEqual(["dist"]);
      for (const file of ["tsconfig.json", "tsup.config.ts"]) {
        expect(read(`${folder}/${file}`).trim().split("\n").length, `${folder}/${file}`).toBeLessThanOrEqual(
          8,
        );
      }
    },
  );

  test.each(packages.map(({ manifest }) => [manifest.name, manifest] as const))(
    "%s depends on layers below it only",
    (name, manifest) => {
      const ours = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).filter((other) =>
        other.startsWith("@tetrad/"),
      );
      const allowed = LAYERS[name] ?? BACKENDS_MAY_USE;
      expect(ours.filter((other) => !allowed.includes(other))).toEqual([]);
    },
  );

  test("core has no dependencies", () => {
    expect(manifestOf("packages/core").dependencies ?? {}).toEqual({});
  });

  test("no file imports from inside another package", () => {
    for (const { folder } of everything) {
      for (const file of sourceFiles(`${folder}/src/`)) {
        expect(read(file).match(/from "(\.\.\/)+(packages|[a-z-]+\/src)\//g), file).toBeNull();
      }
    }
  });
});

test("every dependency is named, with its reason, in docs/dependencies.md", () => {
  const page = read("docs/dependencies.md");
  const rootManifest = JSON.parse(read("package.json")) as Manifest;
  const names = [rootManifest, ...everything.map(({ manifest }) => manifest)].flatMap((manifest) =>
    Object.keys({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies }),
  );
  const missing = [...new Set(names)].filter(
    (name) => !name.startsWith("@tetrad/") && !page.includes(`| \`${name}\` |`),
  );
  expect(missing).toEqual([]);
});

test("versions of one dependency are the same everywhere", () => {
  const versions = new Map<string, Set<string>>();
  for (const { manifest } of everything) {
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      versions.set(name, (versions.get(name) ?? new Set()).add(version));
    }
  }
  expect([...versions].filter(([, found]) => found.size > 1).map(([name]) => name)).toEqual([]);
});

test("links within the docs lead somewhere", () => {
  const pages = [
    "README.md",
    "CONTRIBUTING.md",
    ...markdownFiles("docs/"),
    ...everything
      .map(({ folder }) => `${folder}/README.md`)
      .filter((page) => existsSync(new URL(page, root))),
  ];
  const broken: string[] = [];
  for (const page of pages) {
    for (const [, target = ""] of read(page).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? new URL(page, root) : new URL(path, new URL(page, root));
      if (!existsSync(file)) broken.push(`${page}: ${target}`);
      else if (anchor !== undefined && !anchorsOf(readFileSync(file, "utf8")).has(anchor))
        broken.push(`${page}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
});

function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .trim()
        .replaceAll(" ", "-"),
    ),
  );
}

function markdownFiles(folder: string): string[] {
  return filesIn(folder).filter((file) => file.endsWith(".md"));
}

function sourceFiles(folder: string): string[] {
  return existsSync(new URL(folder, root)) ? filesIn(folder).filter((file) => file.endsWith(".ts")) : [];
}

function filesIn(folder: string): string[] {
  return readdirSync(new URL(folder, root), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesIn(`${folder}${entry.name}/`) : [`${folder}${entry.name}`],
  );
}
