import { definePackage } from "../../tsup.base.ts";
export default definePackage({ index: "src/index.ts", main: "src/main.ts" });
