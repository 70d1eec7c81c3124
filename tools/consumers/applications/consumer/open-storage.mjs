import { mkdtempSync } from "node:fs";

import { describeError } from "./describe-error.mjs";

/** Stores a record, reads it from a storage opened anew, then asks for backends nobody installed. */
export async function openStorage({ createStorage }) {
  const options = { namespace: "full_docs", workspace: "shop", workingDir: mkdtempSync("./store-"), env: {} };
  const record = { content: `written by process ${process.pid}` };

  const written = await createStorage("KV_STORAGE", "JsonKVStorage", options);
  await written.upsert({ "doc-1": record });
  await written.indexDoneCallback();
  await written.finalize();

  const reopened = await createStorage("KV_STORAGE", "JsonKVStorage", options);
  const found = await reopened.getById("doc-1");
  await reopened.finalize();

  const redisOptions = { ...options, env: { REDIS_URI: "redis://127.0.0.1:6379" } };
  const errors = [
    await createStorage("KV_STORAGE", "RedisKVStorage", redisOptions).catch(describeError),
    await createStorage("VECTOR_STORAGE", "NanoVectorDBStorage", options).catch(describeError),
  ];
  return { sameContent: found?.content === record.content, errors };
}
