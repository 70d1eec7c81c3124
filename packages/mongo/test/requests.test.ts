import { type CommandStartedEvent, MongoClient } from "mongodb";
import { afterEach, beforeEach, expect, test } from "vitest";

import { useMongo } from "./use-mongo.ts";

/* What is asked of the server, as the driver reports it. */

const mongo = useMongo("ferretdb", "requests");

let client: MongoClient;
let commands: CommandStartedEvent[] = [];
beforeEach(async () => {
  client = await new MongoClient(mongo.uri, { monitorCommands: true }).connect();
  client.on("commandStarted", (command) => void commands.push(command));
});
afterEach(() => client.close());

const options = (more: object = {}) => ({ uri: undefined, client, ...more });

/** The names of the commands that an action sends. */
async function sent(action: () => Promise<unknown>): Promise<string[]> {
  commands = [];
  await action();
  return commands.map(({ commandName }) => commandName);
}

/** How many writes each command of a name holds. */
function sizesOf(name: "insert" | "update" | "delete"): number[] {
  const lists = { insert: "documents", update: "updates", delete: "deletes" } as const;
  return commands
    .filter(({ commandName }) => commandName === name)
    .map(({ command }) => (command[lists[name]] as unknown[]).length);
}

test("a neighbourhood takes at most one request for each level, and three", async () => {
  const graph = await mongo.open("GRAPH_STORAGE", options());
  const chain = Array.from({ length: 8 }, (_, index) => [`n${index}`, `n${index + 1}`, {}] as const);
  const leaves = Array.from({ length: 60 }, (_, index) => [`n${index % 8}`, `leaf ${index}`, {}] as const);
  await graph.upsertEdgesBatch([...chain, ...leaves]);
  for (const maxDepth of [0, 1, 3]) {
    const requests = await sent(() => graph.getKnowledgeGraph("n0", { maxDepth }));
    expect(new Set(requests)).toEqual(new Set(["find"]));
    expect(requests.length).toBeLessThanOrEqual(maxDepth + 1 + 3);
  }
});

test("writes and deletes go in batches of the size that is set", async () => {
  const kv = await mongo.open("KV_STORAGE", options({ upsertMaxRecords: 4, deleteMaxRecords: 3 }));
  const records = Array.from(
    { length: 10 },
    (_, index) => [`k${index}`, { text: "x".repeat(1000) }] as const,
  );
  await sent(() => kv.upsert(records));
  expect(sizesOf("insert")).toEqual([4, 4, 2]);
  await sent(() => kv.delete(records.map(([id]) => id)));
  expect(commands.map(({ command }) => command["deletes"][0].q._id.$in.length)).toEqual([3, 3, 3, 1]);
  const other = await mongo.open("KV_STORAGE", options({ upsertMaxPayloadBytes: 2500 }));
  await sent(() => other.upsert(records));
  expect(sizesOf("insert")).toEqual([2, 2, 2, 2, 2]);
  const unlimited = await mongo.open(
    "KV_STORAGE",
    options({ upsertMaxRecords: 0, upsertMaxPayloadBytes: 0 }),
  );
  await unlimited.drop();
  await sent(() => unlimited.upsert(records));
  expect(sizesOf("insert")).toEqual([10]);
});
