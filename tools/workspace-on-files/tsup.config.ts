import { definePackage } from "../../tsup.base.ts";
export default definePackage({
  "open-workspace": "src/open-workspace.ts",
  "take-orders": "src/take-orders.ts",
  "watch-series": "src/watch-series.ts",
  "write-series": "src/write-series.ts",
  "write-turns": "src/write-turns.ts",
});
