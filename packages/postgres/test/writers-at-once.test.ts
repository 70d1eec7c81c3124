import { createStorage, registerStorage } from "@tetrad/core";
import { PGKVStorage } from "@tetrad/postgres";
import { describe, expect, test } from "vitest";

import { openVectors, vectorOf } from "./open-vectors.ts";
import { onServer, servedDatabase } from "./postgres-targets.ts";

registerStorage("KV_STORAGE", "Records", { load: () => PGKVStorage });

const database = await servedDatabase();
const env = database?.env ?? {};
const WRITERS = [2, 3, 4];
const ROUNDS = 15;
const IDS = Array.from({ length: 150 }, (_, index) => `id ${index}`);

async function deadlocks(): Promise<unknown> {
  const [result] = await onServer(
    env,
    "SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()",
  );
  return (result?.rows[0] as { deadlocks: unknown } | undefined)?.deadlocks;
}

/** The same ids, in another order for each writer. */
function inOrderOf(writer: number): string[] {
  const shift = writer * 37;
  const turned = [...IDS.slice(shift), ...IDS.slice(0, shift)];
  return writer % 2 === 0 ? turned : turned.toReversed();
}

describe.skipIf(database === null)("writers of the same rows, each in its own order", () => {
  test("of records wait for each other, and never in a circle", async () => {
    const storages = await Promise.all(
      WRITERS.map((connections) =>
        createStorage("KV_STORAGE", "Records", {
          namespace: "full_docs",
          workspace: "w",
          env: { ...env, POSTGRES_MAX_CONNECTIONS: String(connections) },
        }),
      ),
    );
    for (let round = 0; round < ROUNDS; round += 1)
      await Promise.all(
        storages.map((storage, writer) =>
          storage.upsert(inOrderOf(writer + 1).map((id) => [id, { content: `${writer} ${round}` }])),
        ),
      );
    expect(await storages[0]?.count()).toBe(IDS.length);
    for (const storage of storages) await storage.finalize();
    expect(await deadlocks()).toBe(0);
  });

  test("of vectors too", async () => {
    const storages = await Promise.all(
      WRITERS.map((connections) =>
        openVectors(
          { env, options: {} },
          { modelName: "at once", variables: { POSTGRES_MAX_CONNECTIONS: String(connections) } },
        ),
      ),
    );
    for (let round = 0; round < ROUNDS; round += 1)
      await Promise.all(
        storages.map(async (storage, writer) => {
          const fields = { content: `${writer} ${round}` };
          await storage.upsertVectors(
            inOrderOf(writer + 1).map((id, place) => ({ id, vector: vectorOf(place), fields })),
          );
          await storage.indexDoneCallback();
        }),
      );
    expect(await storages[0]?.count()).toBe(IDS.length);
    for (const storage of storages) await storage.finalize();
    expect(await deadlocks()).toBe(0);
  });
});
