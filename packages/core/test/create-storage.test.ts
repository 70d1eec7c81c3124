import { createStorage, InvalidWorkspaceError, registerStorage, StorageSettingError } from "@tetrad/core";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";

import { failures, ServerKVStorage } from "./fixtures/memory-storages.js";
import { rejection } from "./fixtures/rejection.js";

beforeAll(() => {
  registerStorage("KV_STORAGE", "ServerKV", { load: () => ServerKVStorage });
});

beforeEach(() => failures.clear());

describe("createStorage", () => {
  const create = (options: Record<string, unknown>, name = "ServerKV") =>
    createStorage("KV_STORAGE", name, { namespace: "full_docs", env: {}, ...options });

  test("resolves every option and setting before the class sees them", async () => {
    let seen: Record<string, unknown> = {};
    class Curious extends ServerKVStorage {
      constructor(options: never) {
        super(options);
        seen = options;
      }
    }
    registerStorage("KV_STORAGE", "CuriousKV", { load: () => Curious });
    const storage = await create(
      { env: { SERVER_RETRIES: "7", WORKSPACE: "team", WORKING_DIR: "/data" } },
      "CuriousKV",
    );
    expect(seen).toMatchObject({
      namespace: "full_docs",
      workspace: "team",
      workingDir: "/data",
      retries: 7,
      cosineThreshold: 0.2,
      embeddingBatchSize: 10,
      embeddingMaxAsync: 8,
      maxGraphNodes: 1000,
    });
    await storage.finalize();
  });

  test.each(["a b", "", "a-b", "x".repeat(65), undefined, "../x"])(
    "refuses the namespace %j",
    async (namespace) => {
      await expect(create({ namespace })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    },
  );

  test("wraps what a constructor or initialize throws", async () => {
    failures.set("initialize full_docs", new TypeError("oops"));
    const error = await rejection(create({}));
    expect(error).toMatchObject({ name: "StorageError", storage: "ServerKVStorage", namespace: "full_docs" });
    expect(error.cause).toBeInstanceOf(TypeError);
  });
});

describe("workspaces", () => {
  const workspaceOf = async (option: string | undefined, env: Record<string, string>): Promise<string> => {
    const storage = await createStorage("KV_STORAGE", "ServerKV", {
      namespace: "full_docs",
      workspace: option,
      env,
    });
    await storage.finalize();
    return storage.workspace;
  };

  test.each([
    ["nothing is the default workspace", undefined, {}, ""],
    ["WORKSPACE of the environment", undefined, { WORKSPACE: "general" }, "general"],
    ["a blank WORKSPACE counts as not set", undefined, { WORKSPACE: "  " }, ""],
    [
      "the backend's variable replaces it",
      undefined,
      { WORKSPACE: "general", SERVER_WORKSPACE: "own" },
      "own",
    ],
    ["the option wins over WORKSPACE", "option", { WORKSPACE: "general" }, "option"],
    ["an equal variable is no contradiction", "same", { SERVER_WORKSPACE: "same" }, "same"],
    ["the default workspace may be named", "base", {}, ""],
    ["and is then no contradiction", "", { SERVER_WORKSPACE: "base" }, ""],
    ["spaces, dots and other letters are fine", "租户 1.a-b", {}, "租户 1.a-b"],
  ])("%s", async (_, option, env, expected) => {
    expect(await workspaceOf(option, env as Record<string, string>)).toBe(expected);
  });

  test("a backend's variable that contradicts the option is refused", async () => {
    const error = await rejection(workspaceOf("tenant-a", { SERVER_WORKSPACE: "tenant-b" }));
    expect(error).toBeInstanceOf(StorageSettingError);
    expect(error.message).toMatch(/SERVER_WORKSPACE = tenant-b.*contradicts option workspace = "tenant-a"/);
  });

  test.each([
    ".",
    "..",
    "a/b",
    "a\\b",
    "a:b",
    "a\u0000b",
    "a\nb",
    "\u007F",
    "\uD800",
    "x".repeat(201),
    "租".repeat(67),
    "../../etc",
    7,
    null,
  ])("refuses %j, wherever it comes from", async (name) => {
    await expect(workspaceOf(name as string, {})).rejects.toBeInstanceOf(InvalidWorkspaceError);
    if (typeof name !== "string") return;
    await expect(workspaceOf(undefined, { WORKSPACE: name })).rejects.toThrow(/^WORKSPACE: Workspace /);
    await expect(workspaceOf(undefined, { SERVER_WORKSPACE: name })).rejects.toThrow(/SERVER_WORKSPACE: /);
  });
});
