import { definePackage } from "../../tsup.base.ts";
export default definePackage({
  index: "src/index.ts",
  testing: "src/testing/index.ts",
  vectors: "src/vectors/index.ts",
});
