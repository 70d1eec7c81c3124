import { readFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import { npmApplication } from "../src/npm-application.ts";
import { runNode } from "../src/run-program.ts";

const REPOSITORY = join(import.meta.dirname, "../../..");
const TYPESCRIPT = join(REPOSITORY, "node_modules/typescript/bin/tsc");

describe("the packed types", () => {
  const { devDependencies } = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as {
    readonly devDependencies: { readonly "@types/node": string };
  };
  const application = npmApplication(inject("packedPackages"), {
    scripts: "types",
    packages: ["@tetrad/core", "@tetrad/testkit"],
    fromRegistry: { "@types/node": devDependencies["@types/node"] },
  });

  beforeAll(() => application.install());
  afterAll(() => application.remove());

  it("compile in an application and a plugin, library files included", async () => {
    const options = ["--project", ".", "--listFiles"];
    const output = await runNode([TYPESCRIPT, ...options], { cwd: application.folder });
    const ours = output.split("\n").filter((file) => file.includes("@tetrad"));
    expect(ours.length).toBeGreaterThan(10);
    expect(ours.filter((file) => !file.startsWith(`${application.folder}/node_modules`))).toEqual([]);
  });
});
