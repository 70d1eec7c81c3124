import { getEventListeners } from "node:events";
import { setTimeout as wait } from "node:timers/promises";

import { expect, test } from "vitest";

import { CallLimiter } from "../src/embedding/call-limiter.js";

test("runs a limited number at a time, the lowest priority number first, then in order", async () => {
  const limiter = new CallLimiter();
  const order: string[] = [];
  let running = 0;
  const call = (name: string, priority: number): Promise<void> =>
    limiter.run(2, priority, undefined, async () => {
      running += 1;
      expect(running).toBeLessThanOrEqual(2);
      order.push(name);
      await wait(1);
      running -= 1;
    });
  await Promise.all([
    call("d1", 10),
    call("d2", 10),
    call("d3", 10),
    call("d4", 10),
    call("q1", 5),
    call("q2", 5),
  ]);
  expect(order).toEqual(["d1", "d2", "q1", "q2", "d3", "d4"]);
});

test("a call that fails gives its place away, and one that gives up leaves the queue", async () => {
  const limiter = new CallLimiter();
  const reason = new Error("enough");
  const controller = new AbortController();
  const failing = limiter.run(1, 10, undefined, () => Promise.reject(new Error("no")));
  const givingUp = limiter.run(1, 10, controller.signal, async () => "never");
  const last = limiter.run(1, 10, undefined, async () => "last");
  controller.abort(reason);
  await expect(givingUp).rejects.toBe(reason);
  await expect(failing).rejects.toThrow("no");
  expect(await last).toBe("last");
  expect(await limiter.run(1, 10, undefined, async () => "free")).toBe("free");
});

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
