import { readdir, readFile } from "node:fs/promises";

import { expect, test } from "vitest";

import { DIFFERENCES } from "./difference.ts";

const PAGE = new URL("../../../docs/lightrag-compatibility.md", import.meta.url);

test("every difference stands in the docs, and nothing else", async () => {
  const page = await readFile(PAGE, "utf8");
  const listed = Array.from(
    page.matchAll(/^\| `((?:kv|doc-status|vector|faiss|graph)\/[a-z0-9-]+)` \|/gm),
    ([, id]) => id,
  );
  expect(listed).toEqual([...DIFFERENCES]);
});

test("every difference is shown by one test", async () => {
  const files = (await readdir(import.meta.dirname)).filter((name) => name.endsWith(".test.ts"));
  const sources = await Promise.all(
    files.map(async (name) => readFile(new URL(name, import.meta.url), "utf8")),
  );
  const shown = Array.from(sources.join("\n").matchAll(/\bdifference\("([^"]+)"/g), ([, id]) => id);
  expect(shown).toHaveLength(DIFFERENCES.length);
  expect(new Set(shown)).toEqual(new Set(DIFFERENCES));
});
