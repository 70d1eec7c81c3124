export { RedisDocStatusStorage } from "./redis-doc-status-storage.js";
export { RedisKVStorage } from "./redis-kv-storage.js";
export { redisSettings } from "./settings.js";
