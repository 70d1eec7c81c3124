import { definePackage } from "../../tsup.base.ts";
export default definePackage({
  "open-workspace": "src/open-workspace.ts",
  "commit-for-ever": "src/commit-for-ever.ts",
});
