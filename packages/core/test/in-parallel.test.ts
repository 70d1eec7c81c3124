import { setTimeout as sleep } from "node:timers/promises";

import { inParallel } from "@tetrad/core/plugin";
import { expect, test } from "vitest";

test("as many at a time as allowed, each item once", async () => {
  let [running, most] = [0, 0];
  const seen: number[] = [];
  await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, (running += 1));
    await sleep(item % 3);
    running -= 1;
    seen.push(item);
  });
  expect([most, seen.sort((a, b) => a - b)]).toEqual([3, [1, 2, 3, 4, 5, 6, 7]]);
});

test("after a failure nothing begins, and what runs comes to its end before it is told", async () => {
  const [begun, ended]: [number[], number[]] = [[], []];
  const work = inParallel([1, 2, 3, 4], 2, async (item) => {
    begun.push(item);
    if (item === 1) throw new Error("first");
    await sleep(20);
    ended.push(item);
  });
  await expect(work).rejects.toThrow("first");
  expect([begun, ended]).toEqual([[1, 2], [2]]);
});

test("an item that cannot be made is a failure like others", async () => {
  function* items(): Iterable<number> {
    yield 1;
    throw new TypeError("no more");
  }
  const done: number[] = [];
  await expect(inParallel(items(), 2, async (item) => void done.push(item))).rejects.toThrow("no more");
  expect(done).toEqual([1]);
});
