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
