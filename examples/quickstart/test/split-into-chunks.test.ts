import { expect, test } from "vitest";

import { splitIntoChunks } from "../src/split-into-chunks.js";

const sentence = "The journal is read before the snapshot is trusted again. ";
const paragraph = sentence.repeat(8).trim();

test("a short document is one chunk, without losing anything", () => {
  expect(splitIntoChunks("# Title\n\nText.\n")).toEqual(["# Title\n\nText."]);
});

test("blank text has no chunks", () => {
  expect(splitIntoChunks(" \n\n ")).toEqual([]);
});

test("cuts between paragraphs, without overlap or loss", () => {
  const text = Array.from({ length: 12 }, (_, index) => `${index} ${paragraph}`).join("\n\n");
  const chunks = splitIntoChunks(text);
  expect(chunks.join("\n\n")).toBe(text);
  for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(1900);
  expect(chunks.length).toBeGreaterThan(2);
});

test("starts a chunk at a heading once there is enough before it", () => {
  const text = `# One\n\n${paragraph}\n\n${paragraph}\n\n## Two\n\n${paragraph}`;
  expect(splitIntoChunks(text).map((chunk) => chunk.split("\n")[0])).toEqual(["# One", "## Two"]);
});

test("keeps a heading with what follows it", () => {
  const text = `${paragraph}\n\n${paragraph}\n\n${paragraph}\n\n# Last\n\n${paragraph}`;
  const last = splitIntoChunks(text).at(-1);
  expect(last?.startsWith("# Last\n\n")).toBe(true);
});

test("blank lines in code do not divide it, and a # in code is no heading", () => {
  const code = "```sh\n# a comment\n\necho\n```";
  expect(splitIntoChunks(`Before.\n\n${code}\n\nAfter.`)).toEqual([`Before.\n\n${code}\n\nAfter.`]);
});

test("cuts a paragraph that is too long between its sentences", () => {
  const chunks = splitIntoChunks(sentence.repeat(100));
  expect(chunks.length).toBeGreaterThan(2);
  for (const chunk of chunks) {
    expect(chunk.length).toBeLessThanOrEqual(1800);
    expect(chunk.endsWith("again.")).toBe(true);
  }
});

test("cuts text without any sentence end, and never inside a character", () => {
  const chunks = splitIntoChunks("😀".repeat(3000));
  expect(chunks.join("")).toBe("😀".repeat(3000));
  for (const chunk of chunks) expect(chunk.isWellFormed()).toBe(true);
});
