import { setImmediate as nextTurn } from "node:timers/promises";

import { untilAborted } from "@tetrad/core/plugin";
import { expect, test } from "vitest";

const never = (): Promise<never> => new Promise(() => {});

test("an action gives what it gives, with a signal or without", async () => {
  const { signal } = new AbortController();
  for (const given of [signal, undefined]) {
    expect(await untilAborted(async () => 7, given)).toBe(7);
    await expect(untilAborted(() => Promise.reject(new Error("no")), given)).rejects.toThrow("no");
  }
});

test("an abort ends the wait, and what the action comes to later goes unheard", async () => {
  const controller = new AbortController();
  let fail = (_: Error): void => {};
  const action = (): Promise<never> => new Promise((_, reject) => (fail = reject));
  const waiting = untilAborted(action, controller.signal);
  controller.abort("enough");
  await expect(waiting).rejects.toBe("enough");
  // An unhandled rejection would fail the run.
  fail(new Error("too late"));
  await nextTurn();
});

test("after an abort nothing is begun", async () => {
  let isBegun = false;
  const begin = (): Promise<never> => {
    isBegun = true;
    return never();
  };
  await expect(untilAborted(begin, AbortSignal.abort("before"))).rejects.toBe("before");
  expect(isBegun).toBe(false);
});

test("many may wait with one signal, and Node has nothing to warn of", async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error): void => void warnings.push(name);
  process.on("warning", note);
  try {
    const controller = new AbortController();
    const all = Array.from({ length: 30 }, () => untilAborted(never, controller.signal));
    await nextTurn();
    controller.abort("enough");
    for (const { status } of await Promise.allSettled(all)) expect(status).toBe("rejected");
    await nextTurn();
  } finally {
    process.off("warning", note);
  }
  expect(warnings).toEqual([]);
});
