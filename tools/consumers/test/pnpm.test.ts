import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { pnpmApplication } from "../src/pnpm-application.ts";
import { describeConsumer } from "./consumer-cases.ts";

describeConsumer("pnpm, strictly", "pnpm add", pnpmApplication, ({ folder }) => {
  it("hides the packages that it does not name itself", () => {
    expect(existsSync(join(folder, "node_modules/@tetrad/json-kv"))).toBe(true);
    expect(existsSync(join(folder, "node_modules/@tetrad/file-engine"))).toBe(false);
    expect(existsSync(join(folder, "node_modules/.pnpm/node_modules/@tetrad"))).toBe(false);
  });
});
