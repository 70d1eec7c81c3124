import { createStorage } from "@tetrad/core";

import { describeError } from "./describe-error.mjs";

/** Opens the storages named on the command line; tells what each gave back, or why it could not be opened. */
const results = process.argv
  .slice(2)
  .map(async (name) => [name, await useStorage(name).catch(describeError)]);
console.log(JSON.stringify(Object.fromEntries(await Promise.all(results))));

async function useStorage(name) {
  const storage = await createStorage("KV_STORAGE", name, { namespace: "full_docs", env: {} });
  await storage.upsert({ "doc-1": { content: "kept" } });
  const { content } = await storage.getById("doc-1");
  await storage.finalize();
  return content;
}
