export { cached, cacheFolder } from "./cache-folder.js";
export { libraryPath, unpackDebianPackages } from "./debian-packages.js";
export { FaultProxy, type ProxyMode } from "./fault-proxy.js";
export { findCommand } from "./find-command.js";
export { freePort } from "./free-port.js";
export { redis, type RedisOptions } from "./redis.js";
export { type ServerCommand, ServerProcess } from "./server-process.js";
export { type OwnService, type RunningService, type Service, ServiceMissingError } from "./service.js";
export type { ServiceName } from "./services.js";
