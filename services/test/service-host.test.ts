import { askForService } from "@tetrad/services/vitest";
import { expect, test } from "vitest";

test("whoever asks for a server of the run is given the same one", async () => {
  const [first, second] = await Promise.all([askForService("redis"), askForService("redis")]);
  expect(first).toEqual({ REDIS_URI: expect.stringMatching(/^rediss?:\/\//) });
  expect(second).toEqual(first);
});

test("a server that nobody knows is an error", async () => {
  // @ts-expect-error: the compiler knows them too
  await expect(askForService("redist")).rejects.toThrow('There is no service "redist"');
});
