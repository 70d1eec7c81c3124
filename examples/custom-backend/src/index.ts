export { LogKVStorage } from "./log-kv-storage.js";
