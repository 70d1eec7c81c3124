import { getEventListeners } from "node:events";

import { expect, test } from "vitest";

import { CallLimiter } from "../src/embedding/call-limiter.js";

test("many calls that wait with one signal add one listener to it, and none once they ran", async () => {
  const limiter = new CallLimiter();
  const { signal } = new AbortController();
  const order: number[] = [];
  const calls = Array.from({ length: 20 }, (_, index) =>
    limiter.run(1, 10, signal, async () => {
      await Promise.resolve();
      order.push(index);
    }),
  );
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  await Promise.all(calls);
  expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("an abort gives up the waiting calls of that signal and no other", async () => {
  const limiter = new CallLimiter();
  const controller = new AbortController();
  let release: () => void = () => {};
  const first = limiter.run(1, 10, undefined, () => new Promise<void>((resolve) => (release = resolve)));
  const given = limiter.run(1, 10, controller.signal, () => Promise.resolve("ran"));
  const other = limiter.run(1, 10, undefined, () => Promise.resolve("ran"));
  const reason = new Error("enough");
  controller.abort(reason);
  await expect(given).rejects.toBe(reason);
  release();
  await first;
  await expect(other).resolves.toBe("ran");
});
