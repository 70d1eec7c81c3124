import { RedisDocStatusStorage, RedisKVStorage } from "@tetrad/redis";
import { askForService } from "@tetrad/services/vitest";
import { describeDocStatusStorage, describeKVStorage } from "@tetrad/testkit/vitest";
import { describe } from "vitest";

import { redisTarget } from "./redis-target.ts";

const uri = (await askForService("redis"))?.["REDIS_URI"];

describe.skipIf(uri === undefined)("on a server", () => {
  describeKVStorage(
    "RedisKVStorage",
    redisTarget(uri ?? "", (options) => new RedisKVStorage(options)),
  );
  describeDocStatusStorage(
    "RedisDocStatusStorage",
    redisTarget(uri ?? "", (options) => new RedisDocStatusStorage(options)),
  );
});
