import { definePackage } from "../../tsup.base.ts";
export default definePackage({ main: "src/main.ts" });
