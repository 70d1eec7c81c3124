import { createStorage } from "@tetrad/core";

/** Opens the backend by name, as an application does that has it installed. */
async function main(): Promise<void> {
  const storage = await createStorage("KV_STORAGE", "@tetrad/example-custom-backend#LogKVStorage", {
    namespace: "notes",
    resolveFrom: import.meta.url,
  });
  await storage.upsert({ greeting: { text: "Hello from a backend of our own" } });
  await storage.indexDoneCallback();
  process.stdout.write(`${JSON.stringify(await storage.getById("greeting"), null, 2)}\n`);
  await storage.finalize();
}

void main();
