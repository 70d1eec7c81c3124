import { definePackage } from "../tsup.base.ts";
export default definePackage({ "set-up-lightrag": "src/set-up-lightrag.ts" });
