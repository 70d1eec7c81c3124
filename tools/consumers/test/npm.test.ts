import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { npmApplication } from "../src/npm-application.ts";
import { describeConsumer } from "./consumer-cases.ts";

describeConsumer("npm", "npm install", npmApplication, ({ folder }) => {
  it("has all packages in one flat folder", () => {
    expect(existsSync(join(folder, "node_modules/@tetrad/file-engine"))).toBe(true);
  });
});
