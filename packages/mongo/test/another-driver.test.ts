import { createRequire } from "node:module";

import { FaultProxy } from "@tetrad/services";
import type * as Driver from "mongodb";
import { expect, test } from "vitest";

import { isDuplicateKey } from "../src/server-errors.ts";
import { useMongo } from "./use-mongo.ts";

const mongo = useMongo("ferretdb", "another_driver");

/** The driver once more, as an application has it whose packages have a copy each. */
function anotherDriver(): typeof Driver {
  const require = createRequire(import.meta.url);
  const kept = Object.entries(require.cache).filter(([file]) => /[\\/](?:mongodb|bson)[\\/]/.test(file));
  for (const [file] of kept) delete require.cache[file];
  try {
    return require("mongodb");
  } finally {
    for (const [file, module] of kept) require.cache[file] = module;
  }
}

test("a client of another copy of the driver is as good: what it lacks, meets and loses is known", async () => {
  const { MongoClient, MongoServerError } = anotherDriver();
  const proxy = await FaultProxy.start(Number(new URL(mongo.uri).port));
  const client = new MongoClient(`mongodb://127.0.0.1:${proxy.port}/?directConnection=true`);
  try {
    // FerretDB refuses some of its indexes.
    const documents = await mongo.open("DOC_STATUS_STORAGE", { uri: undefined, client });
    await documents.upsert({ a: { status: "pending" } });
    proxy.resetAfter(200);
    await documents.upsert({ b: { status: "pending", content_summary: "x".repeat(2000) } });
    expect(await documents.count()).toBe(2);
    const collection = client.db(mongo.database).collection("doc_status");
    const again = { _id: "a" as never };
    const failures: unknown[] = [
      await collection.insertOne(again).catch((error: unknown) => error),
      await collection.bulkWrite([{ insertOne: { document: again } }]).catch((error: unknown) => error),
    ];
    expect(failures.map(isDuplicateKey)).toEqual([true, true]);
    expect(failures[0]).toBeInstanceOf(MongoServerError);
    // Otherwise it would be the driver that is tested everywhere else.
    expect(failures[0]).not.toBeInstanceOf((await import("mongodb")).MongoServerError);
  } finally {
    await client.close();
    await proxy.close();
  }
});
