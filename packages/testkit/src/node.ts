import { describe, test } from "node:test";

import { type StorageDescribers, storageDescribers } from "./describe-storage.js";

/** Each run is a test of `node --test`; what the storage cannot do is reported as skipped, with the reason. */
const describers: StorageDescribers = storageDescribers((name, runs, timeout) => {
  void describe(name, () => {
    for (const run of runs) {
      void test(`${run.id} (${run.variant}): ${run.title}`, { timeout }, async (context) => {
        const result = await run.run();
        if (result.status === "failed") throw result.error;
        if (result.status === "unsupported") context.skip(result.reason);
      });
    }
  });
});

export const { describeKVStorage, describeVectorStorage, describeGraphStorage, describeDocStatusStorage } =
  describers;
export type { DescribeOptions } from "./describe-storage.js";
