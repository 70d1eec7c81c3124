export { FaissVectorDBStorage } from "./faiss-vectordb-storage.js";
