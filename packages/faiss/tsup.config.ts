import { definePackage } from "../../tsup.base.ts";
export default definePackage({
  index: "src/index.ts",
  "build-index": "src/native/build-index.ts",
  "build-faiss-node": "src/native/build-faiss-node.ts",
});
