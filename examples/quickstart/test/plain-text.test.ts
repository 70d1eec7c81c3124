import { expect, test } from "vitest";

import { toPlainText } from "../src/plain-text.js";

test("leaves out front matter, code blocks, comments and rules", () => {
  const markdown = [
    "---",
    "title: Hidden",
    "---",
    "# Storage",
    "",
    "```ts",
    "const hidden = 1;",
    "",
    "still hidden",
    "```",
    "<!-- hidden",
    "too -->",
    "***",
    "Shown.",
  ].join("\n");
  expect(toPlainText(markdown)).toBe("Storage\nShown.");
});

test("a longer fence is closed by one of its own length only", () => {
  expect(toPlainText("````\n```\ninside\n```\n````\nafter")).toBe("after");
});

test("joins wrapped lines, and keeps headings, list items and table rows apart", () => {
  const markdown = [
    "A paragraph that",
    "goes on.",
    "## Heading",
    "- [x] first item",
    "  of two lines",
    "2. second item",
    "",
    "> quoted",
    "",
    "| name | meaning |",
    "| --- | :-: |",
    "| Mill | the processor |",
  ].join("\r\n");
  expect(toPlainText(markdown).split("\n")).toEqual([
    "A paragraph that goes on.",
    "Heading",
    "first item of two lines",
    "second item",
    "quoted",
    "name, meaning",
    "Mill, the processor",
  ]);
});

test("keeps the text of links, images and emphasis, and drops addresses and tags", () => {
  const markdown =
    "See [the **guide**](https://example.org/a_b) and ![a picture](x.png), <b>bold</b>, _thin_ or *slanted*: https://example.org";
  expect(toPlainText(markdown).replaceAll(/ +/g, " ")).toBe(
    "See the guide and a picture, bold , thin or slanted:",
  );
});

test("leaves names with underscores and what stands between backticks as they are", () => {
  expect(toPlainText("Set LIGHTRAG_KV_STORAGE, or `a<SEP>b` and ``x `y` *z*``.")).toBe(
    "Set LIGHTRAG_KV_STORAGE, or a<SEP>b and x `y` *z*.",
  );
});

test("plain text comes back as it is", () => {
  expect(toPlainText("Two * two = 4.\n\nAnd snake_case stays.")).toBe(
    "Two * two = 4.\nAnd snake_case stays.",
  );
});
