import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import {
  InvalidArgumentError,
  loadStorageClass,
  registerStorage,
  STORAGE_IMPLEMENTATIONS,
  StorageContractError,
  StorageLoadError,
  StoragePackageMissingError,
  UnknownStorageError,
  verifyStorageImplementation,
} from "@tetrad/core";
import { OPTIONAL_METHODS, REQUIRED_METHODS } from "@tetrad/core/plugin";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { MemoryKVStorage } from "./fixtures/memory-storages.js";
import { rejection } from "./fixtures/rejection.js";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tetrad-registry-"));
});

afterAll(() => rm(folder, { recursive: true }));

describe("STORAGE_IMPLEMENTATIONS", () => {
  test("has LightRAG's names under the four types, and the methods of each contract", () => {
    const names = Object.fromEntries(
      Object.entries(STORAGE_IMPLEMENTATIONS).map(([type, entry]) => [
        type,
        Object.keys(entry.implementations),
      ]),
    );
    expect(names).toEqual({
      KV_STORAGE: ["JsonKVStorage", "RedisKVStorage", "PGKVStorage", "MongoKVStorage", "OpenSearchKVStorage"],
      VECTOR_STORAGE: [
        "NanoVectorDBStorage",
        "FaissVectorDBStorage",
        "PGVectorStorage",
        "MongoVectorDBStorage",
        "MilvusVectorDBStorage",
        "QdrantVectorDBStorage",
        "OpenSearchVectorDBStorage",
      ],
      GRAPH_STORAGE: [
        "NetworkXStorage",
        "Neo4JStorage",
        "MemgraphStorage",
        "PGGraphStorage",
        "PGTableGraphStorage",
        "MongoGraphStorage",
        "OpenSearchGraphStorage",
      ],
      DOC_STATUS_STORAGE: [
        "JsonDocStatusStorage",
        "RedisDocStatusStorage",
        "PGDocStatusStorage",
        "MongoDocStatusStorage",
        "OpenSearchDocStatusStorage",
      ],
    });
    for (const [type, entry] of Object.entries(STORAGE_IMPLEMENTATIONS)) {
      expect(entry.requiredMethods).toEqual(REQUIRED_METHODS[type as keyof typeof REQUIRED_METHODS]);
      expect(entry.optionalMethods).toEqual(OPTIONAL_METHODS[type as keyof typeof OPTIONAL_METHODS]);
    }
  });

  test("says what each implementation needs", () => {
    const { KV_STORAGE, GRAPH_STORAGE, VECTOR_STORAGE } = STORAGE_IMPLEMENTATIONS;
    expect(KV_STORAGE.implementations["JsonKVStorage"]).toEqual({ package: "@tetrad/json-kv", env: [] });
    expect(KV_STORAGE.implementations["PGKVStorage"]?.env).toEqual([
      ["POSTGRES_EMBEDDED_DIR"],
      ["POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DATABASE"],
    ]);
    expect(GRAPH_STORAGE.implementations["MemgraphStorage"]).toEqual({
      package: "@tetrad/neo4j",
      env: [["MEMGRAPH_URI"]],
    });
    expect(VECTOR_STORAGE.implementations["MilvusVectorDBStorage"]?.env).toEqual([
      ["MILVUS_URI", "MILVUS_DB_NAME"],
    ]);
  });
});

describe("verifyStorageImplementation", () => {
  test("names the nearest spelling first", () => {
    const error = errorOf(() => verifyStorageImplementation("KV_STORAGE", "JsonKvStorag"));
    expect(error).toBeInstanceOf(UnknownStorageError);
    expect((error as UnknownStorageError).available[0]).toBe("JsonKVStorage");
    expect(error.message).toMatch(/"JsonKvStorag" is not a KV_STORAGE.*There are: JsonKVStorage, /);
  });

  test("names those first that contain what was asked for", () => {
    const error = errorOf(() => verifyStorageImplementation("VECTOR_STORAGE", "qdrant"));
    expect((error as UnknownStorageError).available[0]).toBe("QdrantVectorDBStorage");
  });

  test("says where a name belongs that stands under another type", () => {
    expect(errorOf(() => verifyStorageImplementation("KV_STORAGE", "NetworkXStorage")).message).toContain(
      "it is a GRAPH_STORAGE",
    );
  });

  test.each(["constructor", "__proto__", "toString", "", "x".repeat(10_000)])("refuses %s", (name) => {
    expect(() => verifyStorageImplementation("KV_STORAGE", name)).toThrow(UnknownStorageError);
  });

  test("refuses a type that there is not", () => {
    expect(() => verifyStorageImplementation("KV" as "KV_STORAGE", "JsonKVStorage")).toThrow(
      /"KV" is not a storage type/,
    );
  });

  test.each([
    "@acme/store#AcmeStorage",
    "acme-store/sub#AcmeStorage",
    "./store.js#Store",
    "../a/b.mjs#Größe",
  ])("takes %s", (name) => {
    expect(() => verifyStorageImplementation("KV_STORAGE", name)).not.toThrow();
  });

  test.each([
    "#Store",
    "store#",
    "a b#Store",
    "store; rm -rf#Store",
    "store#a-b",
    "http://host/x#Store",
    "/etc/passwd#Store",
  ])("refuses %s", (name) => {
    expect(() => verifyStorageImplementation("KV_STORAGE", name)).toThrow(UnknownStorageError);
  });
});

describe("registerStorage", () => {
  test("adds a name that loads from a function, without any package", async () => {
    registerStorage("KV_STORAGE", "RegisteredKVStorage", { load: async () => MemoryKVStorage });
    expect(await loadStorageClass("KV_STORAGE", "RegisteredKVStorage")).toBe(MemoryKVStorage);
    expect(Object.keys(STORAGE_IMPLEMENTATIONS.KV_STORAGE.implementations)).toContain("RegisteredKVStorage");
  });

  test("refuses a name that is taken, unless it is to be replaced", async () => {
    class Other extends MemoryKVStorage {}
    registerStorage("KV_STORAGE", "TakenKVStorage", { load: () => MemoryKVStorage });
    expect(() => registerStorage("KV_STORAGE", "TakenKVStorage", { load: () => Other })).toThrow(
      InvalidArgumentError,
    );
    expect(await loadStorageClass("KV_STORAGE", "TakenKVStorage")).toBe(MemoryKVStorage);
    registerStorage("KV_STORAGE", "TakenKVStorage", { load: () => Other }, { replace: true });
    expect(await loadStorageClass("KV_STORAGE", "TakenKVStorage")).toBe(Other);
  });

  test.each(["a b", "", "1a", "__proto__ ", "a.b", "a#b"])("refuses the name %j", (name) => {
    expect(() => registerStorage("KV_STORAGE", name, { load: () => MemoryKVStorage })).toThrow(
      InvalidArgumentError,
    );
  });

  test("refuses an entry that comes from nowhere", () => {
    expect(() => registerStorage("KV_STORAGE", "FromNowhere", {})).toThrow(/package or a load function/);
  });

  test("a name like __proto__ is a name and nothing else", async () => {
    registerStorage("KV_STORAGE", "__proto__", { load: () => MemoryKVStorage });
    expect(await loadStorageClass("KV_STORAGE", "__proto__")).toBe(MemoryKVStorage);
    expect(({} as Record<string, unknown>)["load"]).toBeUndefined();
  });
});

describe("loadStorageClass", () => {
  test("gives the install command when the package is not there", async () => {
    registerStorage("KV_STORAGE", "AbsentKVStorage", { package: "@tetrad/absent" });
    const error = await rejection(loadStorageClass("KV_STORAGE", "AbsentKVStorage"));
    expect(error).toBeInstanceOf(StoragePackageMissingError);
    expect((error as StoragePackageMissingError).packages).toEqual(["@tetrad/absent"]);
    expect(error.message.endsWith((error as StoragePackageMissingError).installCommand)).toBe(true);
    expect(error.message).toMatch(/(npm install|pnpm add|yarn add) @tetrad\/absent$/);
  });

  test("concurrent calls share one load, and a load that failed is not kept", async () => {
    let loads = 0;
    registerStorage("KV_STORAGE", "FlakyKVStorage", {
      load: async () => {
        loads += 1;
        await wait(5);
        if (loads === 1) throw new Error("not yet");
        return MemoryKVStorage;
      },
    });
    const both = await Promise.allSettled([
      loadStorageClass("KV_STORAGE", "FlakyKVStorage"),
      loadStorageClass("KV_STORAGE", "FlakyKVStorage"),
    ]);
    expect([loads, ...both.map(({ status }) => status)]).toEqual([1, "rejected", "rejected"]);
    expect(await loadStorageClass("KV_STORAGE", "FlakyKVStorage")).toBe(MemoryKVStorage);
    await loadStorageClass("KV_STORAGE", "FlakyKVStorage");
    expect(loads).toBe(2);
  });

  test("keeps the cause when a loader fails", async () => {
    const cause = new Error("broken");
    registerStorage("KV_STORAGE", "BrokenKVStorage", { load: () => Promise.reject(cause) });
    const error = await rejection(loadStorageClass("KV_STORAGE", "BrokenKVStorage"));
    expect([error instanceof StorageLoadError, error.cause]).toEqual([true, cause]);
  });

  test("names every method that is missing", async () => {
    class Half {
      async getByIds(): Promise<unknown[]> {
        return [];
      }
      async drop(): Promise<void> {}
    }
    registerStorage("KV_STORAGE", "HalfKVStorage", { load: () => Half });
    const error = await rejection(loadStorageClass("KV_STORAGE", "HalfKVStorage"));
    expect(error).toBeInstanceOf(StorageContractError);
    expect((error as StorageContractError).missingMethods).toEqual(["upsert", "delete", "entries"]);
  });

  test.each([undefined, null, {}, "class", 7])("refuses %s in place of a class", async (value) => {
    registerStorage("KV_STORAGE", "NoClass", { load: () => value }, { replace: true });
    await expect(loadStorageClass("KV_STORAGE", "NoClass")).rejects.toThrow(/NoClass has to be a class/);
  });

  test("loads a file of the application, and says what it exports when the name is wrong", async () => {
    await writeStorage("store.mjs", "GoodStorage");
    const options = { resolveFrom: folder };
    expect((await loadStorageClass("KV_STORAGE", "./store.mjs#GoodStorage", options)).name).toBe(
      "GoodStorage",
    );
    const wrong = await rejection(loadStorageClass("KV_STORAGE", "./store.mjs#WrongStorage", options));
    expect(wrong.message).toMatch(/has no export WrongStorage. It exports GoodStorage/);
    const missing = await rejection(loadStorageClass("KV_STORAGE", "./nothing.mjs#Store", options));
    expect([missing instanceof StorageLoadError, missing.message.includes(folder)]).toEqual([true, true]);
  });

  test("a module that fails to load is told apart from one that is not there, and can be mended", async () => {
    await writeFile(
      join(folder, "broken.mjs"),
      `import "./dependency.mjs";\nexport { MendedStorage } from "./mended.mjs";`,
    );
    await writeStorage("mended.mjs", "MendedStorage");
    const name = "./broken.mjs#MendedStorage";
    const error = await rejection(loadStorageClass("KV_STORAGE", name, { resolveFrom: folder }));
    expect(error).toBeInstanceOf(StorageLoadError);
    expect((error.cause as NodeJS.ErrnoException).code).toBe("ERR_MODULE_NOT_FOUND");
    await writeFile(join(folder, "dependency.mjs"), "");
    expect((await loadStorageClass("KV_STORAGE", name, { resolveFrom: folder })).name).toBe("MendedStorage");
  });
});

/** A file that exports a class with the methods of a key-value storage. */
async function writeStorage(file: string, name: string): Promise<void> {
  const methods = ["getByIds", "upsert", "delete", "entries", "drop"].map((method) => `async ${method}() {}`);
  await writeFile(join(folder, file), `export class ${name} { ${methods.join(" ")} }`);
}

function errorOf(action: () => void): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}
