import { definePackage } from "../../tsup.base.ts";
export default definePackage({
  "open-workspace": "src/open-workspace.ts",
  "write-turns": "src/write-turns.ts",
  "write-series": "src/write-series.ts",
  "watch-series": "src/watch-series.ts",
});
