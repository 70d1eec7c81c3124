import assert from "node:assert/strict";

import { isStorageError, type StorageError, type StorageErrorCode } from "@tetrad/core";

/** Waits for a rejection with an error of the given code. @returns the error */
export async function expectError(
  code: StorageErrorCode,
  action: () => Promise<unknown>,
): Promise<StorageError> {
  try {
    await action();
  } catch (error) {
    if (!isStorageError(error))
      throw new assert.AssertionError({
        message: `rejected with ${String(error)}, no storage error`,
        actual: error,
      });
    assert.equal(error.code, code, `rejected with ${error.code}: ${error.message}`);
    assert.equal(error instanceof Error, true);
    assert.notEqual(error.message, "", "the error has no message");
    return error;
  }
  throw new assert.AssertionError({ message: `resolved, but should have been refused with ${code}` });
}

/** Everything an async iterable gives. */
export async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of iterable) items.push(item);
  return items;
}

/** Freezes a value and everything in it, so that writing to it throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}

const LONGEST_WAIT = 2000;

/** What a promise gives, if it does so soon: for calls that must not wait for something else. */
export async function soon<T>(promise: Promise<T>, problem: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: problem })), LONGEST_WAIT);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A promise that is awaited later: should it reject before, that is not unhandled. */
export function later<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** Lets other work of the process go on for a moment. */
export async function nextTurn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
