import { fileTarget } from "@tetrad/file-engine/testing";
import { NetworkXStorage } from "@tetrad/networkx";
import { describeGraphStorage } from "@tetrad/testkit/vitest";

describeGraphStorage(
  "NetworkXStorage",
  fileTarget((options) => new NetworkXStorage(options)),
);
