import { definePackage } from "../tsup.base.ts";
export default definePackage({ index: "src/index.ts", "ask-for-service": "src/ask-for-service.ts" });
