import { definePackage } from "../../tsup.base.ts";
export default definePackage({ "write-tables": "src/write-tables.ts", tables: "src/tables.ts" });
