export { NetworkXStorage } from "./networkx-storage.js";
