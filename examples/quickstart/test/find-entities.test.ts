import { expect, test } from "vitest";

import { findEntities } from "../src/find-entities.js";
import { formatFindings, parseFindings } from "../src/findings.js";

function namesIn(text: string): string[] {
  return findEntities(text).entities.map(({ name }) => name);
}

test("finds people, organisations, places and what stands in one sentence with what", () => {
  const { entities, relations } = findEntities(
    "Grace Hopper worked for the Navy. Grace Hopper lived in Arlington. Ada Lovelace lived in London.",
  );
  expect(Object.fromEntries(entities.map(({ name, type }) => [name, type]))).toMatchObject({
    "Grace Hopper": "person",
    "Ada Lovelace": "person",
    London: "location",
  });
  expect(relations.map(({ source, target }) => [source, target])).toEqual([
    ["Grace Hopper", "Navy"],
    ["Arlington", "Grace Hopper"],
    ["Ada Lovelace", "London"],
  ]);
  expect(relations[0]?.description).toBe("Grace Hopper worked for the Navy.");
});

test("gives one relation for each sentence that names both", () => {
  const { relations } = findEntities("Redis stores rows for Acme. Acme runs Redis. Acme sells rockets.");
  expect(relations.filter(({ source, target }) => source === "Acme" && target === "Redis")).toHaveLength(2);
});

test("takes identifiers whole and on their own", () => {
  expect(namesIn("Set LIGHTRAG_KV_STORAGE before `openStorages` loads @tetrad/core and Neo4j.")).toEqual([
    "LIGHTRAG_KV_STORAGE",
    "openStorages",
    "@tetrad/core",
    "Neo4j",
  ]);
});

test("writes common noun phrases in one way, whatever their case and number", () => {
  const names = namesIn(
    "The file engine writes. File engines write journals. A journal is read by a file engine.",
  );
  expect(names).toContain("File Engine");
  expect(names).toContain("Journal");
});

test("leaves out pronouns, numbers, empty words, possessives and single common nouns", () => {
  const names = namesIn("It is my thing. In 1815 somebody saw a dog on Monday. They built Babbage's mill.");
  expect(names).toEqual(["Babbage"]);
});

test("a text full of names adds no more than a chunk's share", () => {
  const names = Array.from({ length: 60 }, (_, index) => `Place${index}`);
  const { entities, relations } = findEntities(`We went to ${names.join(", ")}.`);
  expect(entities.length).toBeLessThanOrEqual(12);
  expect(relations.length).toBeLessThanOrEqual(10);
});

test("code and addresses name nothing", () => {
  expect(namesIn("```\nconst Ada = new Lovelace();\n```\nhttps://Example.org/Paris")).toEqual([]);
});

test("findings come back from the form that LightRAG reads", () => {
  const findings = findEntities(
    "Ada Lovelace met Charles Babbage in London. The end of <|#|> is near London.",
  );
  const text = formatFindings(findings);
  expect(text).toContain(
    "entity<|#|>Ada Lovelace<|#|>person<|#|>Ada Lovelace met Charles Babbage in London.",
  );
  expect(text.endsWith("\n<|COMPLETE|>")).toBe(true);
  expect(parseFindings(text)).toEqual(findings);
});

test("reads what a language model wrote, and leaves out what has another form", () => {
  const text = [
    "Here you are:",
    "entity<|#|>Bob<|#|>person<|#|>Bob is a baker.",
    "entity<|#|>Broken",
    "relation<|#|>Bob<|#|>Alice<|#|>bakes for<|#|>Bob bakes for Alice.",
    "relation<|#|>Bob<|#|>Bob<|#|>is<|#|>Bob is Bob.",
    "<|COMPLETE|>",
  ].join("\n");
  expect(parseFindings(text)).toEqual({
    entities: [{ name: "Bob", type: "person", description: "Bob is a baker." }],
    relations: [
      { source: "Alice", target: "Bob", keywords: "bakes for", description: "Bob bakes for Alice." },
    ],
  });
});
