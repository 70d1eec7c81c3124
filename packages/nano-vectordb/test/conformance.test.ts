import { fileTarget } from "@tetrad/file-engine/testing";
import { NanoVectorDBStorage } from "@tetrad/nano-vectordb";
import { describeVectorStorage } from "@tetrad/testkit/vitest";

describeVectorStorage(
  "NanoVectorDBStorage",
  fileTarget((options) => new NanoVectorDBStorage(options)),
);
