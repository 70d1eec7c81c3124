import { readFileSync } from "node:fs";

import * as core from "@tetrad/core";
import { describe, expect, test } from "vitest";

type ErrorClass = (new (message: string, options: never) => core.StorageError) & { readonly code: string };

const classes: [name: string, ErrorOfClass: ErrorClass][] = [];
for (const [name, value] of Object.entries(core)) {
  if (typeof value === "function" && value.prototype instanceof Error)
    classes.push([name, value as unknown as ErrorClass]);
}

describe("errors", () => {
  test("each class has a code of its own", () => {
    expect(classes.length).toBeGreaterThan(20);
    expect(new Set(classes.map(([, { code }]) => code)).size).toBe(classes.length);
  });

  test("each code has a heading in docs/errors.md", () => {
    const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
    const headings = classes.map(([name, { code }]) => `## ${code}: ${name}`);
    expect(headings.filter((heading) => !page.includes(`\n${heading}\n`))).toEqual([]);
  });

  test.each(classes)("%s is a StorageError, and of no other class", (name, ErrorOfClass) => {
    const error = new ErrorOfClass("message", {} as never);
    expect(error).toBeInstanceOf(core.StorageError);
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.code, error.message]).toEqual([name, ErrorOfClass.code, "message"]);
    const instanceOf = classes.filter(([, Other]) => error instanceof Other).map(([otherName]) => otherName);
    expect(instanceOf.sort()).toEqual([...new Set([name, "StorageError"])].sort());
  });

  test("what is no error of a storage is no instance", () => {
    for (const value of [null, undefined, {}, new Error("x"), "STORAGE_IO", { code: "STORAGE_IO" }]) {
      expect([
        value instanceof core.StorageError,
        value instanceof core.StorageIOError,
        core.isStorageError(value),
      ]).toEqual([false, false, false]);
    }
  });

  test("the cause is kept, and there is none unless it was given", () => {
    const cause = new Error("why");
    expect(new core.StorageIOError("x", { cause }).cause).toBe(cause);
    expect(Object.hasOwn(new core.StorageIOError("x"), "cause")).toBe(false);
  });

  test("locked and unavailable are worth another try, the others not unless they say so", () => {
    const retryable = classes
      .filter(([, ErrorOfClass]) => new ErrorOfClass("x", {} as never).retryable)
      .map(([name]) => name);
    expect(retryable.sort()).toEqual(["StorageLockedError", "StorageUnavailableError"]);
    expect(new core.EmbeddingError("x", { retryable: true }).retryable).toBe(true);
  });
});
