import { describe, test } from "vitest";

import { type StorageDescribers, storageDescribers } from "./describe-storage.js";

/** Each run is a Vitest test; what the storage cannot do is reported as skipped, with the reason. */
const describers: StorageDescribers = storageDescribers((name, runs, timeout) => {
  describe(name, () => {
    for (const run of runs) {
      test(`${run.id} (${run.variant}): ${run.title}`, { timeout }, async ({ skip }) => {
        const result = await run.run();
        if (result.status === "failed") throw result.error;
        if (result.status === "unsupported") skip(result.reason);
      });
    }
  });
});

export const { describeKVStorage, describeVectorStorage, describeGraphStorage, describeDocStatusStorage } =
  describers;
export type { DescribeOptions } from "./describe-storage.js";
