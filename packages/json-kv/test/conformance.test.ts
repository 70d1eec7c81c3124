import { fileTarget } from "@tetrad/file-engine/testing";
import { JsonDocStatusStorage, JsonKVStorage } from "@tetrad/json-kv";
import { describeDocStatusStorage, describeKVStorage } from "@tetrad/testkit/vitest";

describeKVStorage(
  "JsonKVStorage",
  fileTarget((options) => new JsonKVStorage(options)),
);
describeDocStatusStorage(
  "JsonDocStatusStorage",
  fileTarget((options) => new JsonDocStatusStorage(options)),
);
