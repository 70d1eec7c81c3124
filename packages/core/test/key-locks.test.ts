import { setTimeout as wait } from "node:timers/promises";

import { withKeyLocks } from "@tetrad/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

describe("withKeyLocks", () => {
  test("lets one at a time hold a key, in the order they asked", async () => {
    const order: number[] = [];
    let inside = 0;
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        withKeyLocks("scope", ["a", "b"], async () => {
          inside += 1;
          expect(inside).toBe(1);
          await wait(1);
          order.push(index);
          inside -= 1;
        }),
      ),
    );
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("keys of other scopes, and other keys, do not wait", async () => {
    await withKeyLocks("scope", ["a"], () =>
      withKeyLocks("other", ["a"], () => withKeyLocks("scope", ["b"], async () => expect(true).toBe(true))),
    );
  });

  test("a key named twice is one lock", async () => {
    expect(await withKeyLocks("scope", ["a", "a"], () => "done")).toBe("done");
  });

  test("no keys need no lock", async () => {
    expect(await withKeyLocks("scope", [], () => 1)).toBe(1);
  });

  test("an action that throws lets its locks go", async () => {
    await expect(withKeyLocks("scope", ["a", "b"], () => Promise.reject(new Error("no")))).rejects.toThrow(
      "no",
    );
    expect(await withKeyLocks("scope", ["b", "a"], () => 2)).toBe(2);
  });

  test("giving up leaves the queue, and keeps nobody waiting", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    let release = (): void => {};
    const holder = withKeyLocks("scope", ["b"], () => new Promise<void>((resolve) => (release = resolve)));
    // Holds a, waits for b.
    const waiting = withKeyLocks("scope", ["a", "b"], () => "never", { signal: controller.signal });
    const behind = withKeyLocks("scope", ["a"], () => "behind");
    const last = withKeyLocks("scope", ["b"], () => "last");
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(await behind).toBe("behind");
    release();
    await holder;
    expect(await last).toBe("last");
    await expect(withKeyLocks("scope", ["b"], () => 1, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });

  test("many may wait with one signal without a warning", async () => {
    const { signal } = new AbortController();
    const warnings: Error[] = [];
    process.on("warning", (warning) => warnings.push(warning));
    const results = Array.from({ length: 30 }, (_, index) =>
      withKeyLocks("scope", ["a"], () => index, { signal }),
    );
    expect(await Promise.all(results)).toEqual(Array.from({ length: 30 }, (_, index) => index));
    await wait(5);
    expect(warnings).toEqual([]);
  });

  test("any mix of keys ends, and no key is ever held twice", async () => {
    const calls = fc.array(fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 4 }), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(calls, async (lists) => {
        const held = new Set<string>();
        const run = (keys: string[]): Promise<void> =>
          withKeyLocks("property", keys, async () => {
            const distinct = new Set(keys);
            for (const key of distinct) {
              expect(held.has(key)).toBe(false);
              held.add(key);
            }
            await Promise.resolve();
            for (const key of distinct) held.delete(key);
          });
        await Promise.all(lists.map(run));
      }),
      { numRuns: 100 },
    );
  });
});
