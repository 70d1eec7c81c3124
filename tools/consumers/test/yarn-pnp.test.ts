import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { yarnPnpApplication } from "../src/yarn-pnp-application.ts";
import { describeConsumer } from "./consumer-cases.ts";

describeConsumer("Yarn, with Plug'n'Play", "yarn add", yarnPnpApplication, ({ folder }) => {
  it("has no node_modules", () => {
    expect(existsSync(join(folder, ".pnp.cjs"))).toBe(true);
    expect(existsSync(join(folder, "node_modules"))).toBe(false);
  });
});
