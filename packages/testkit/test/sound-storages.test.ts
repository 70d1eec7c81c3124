import type { StorageType } from "@tetrad/core";
import { type ConformanceResult, ReferencePlace, runConformance } from "@tetrad/testkit";
import { describe, expect, test } from "vitest";

import { SOUND_STORAGES, type SoundStorage } from "./sound-storages.ts";

const TYPES = ["KV_STORAGE", "VECTOR_STORAGE", "GRAPH_STORAGE", "DOC_STATUS_STORAGE"] as const;

async function run(type: StorageType, { open }: SoundStorage): Promise<ConformanceResult[]> {
  const place = new ReferencePlace();
  const target = {
    open: async (options: Parameters<SoundStorage["open"]>[2]) => open(type, place, options),
    reset: async () => place.clear(),
  };
  return runConformance(type, target, { randomSequences: 5, seed: 1 });
}

describe.each(TYPES)("the kit on sound storages: %s", (type) => {
  test.concurrent.each(SOUND_STORAGES)("$what fails no case", async (storage) => {
    const results = await run(type, storage);
    const failed = results.filter(({ status }) => status === "failed");
    expect(failed.map(({ id, variant, error }) => `${id} (${variant}): ${String(error)}`)).toEqual([]);
    expect(results.some(({ status }) => status === "passed")).toBe(true);
    const wronglyRun = results.filter(({ id, status, reason = "" }) => {
      const isExpected = storage.cannotRun.some((name) => id.endsWith(`/${name}`));
      return isExpected && (status !== "unsupported" || reason === "");
    });
    expect(wronglyRun.map(({ id }) => id)).toEqual([]);
  });
});
