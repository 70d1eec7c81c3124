import { definePackage } from "../tsup.base.ts";
export default definePackage({ index: "src/index.ts", "service-host": "src/service-host.ts" });
