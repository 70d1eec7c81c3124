export { NanoVectorDBStorage } from "./nano-vectordb-storage.js";
