import { definePackage } from "../../tsup.base.ts";
export default definePackage({
  index: "src/index.ts",
  vitest: "src/vitest.ts",
  node: "src/node.ts",
  command: "src/command.ts",
});
