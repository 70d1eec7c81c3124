import { ferretdb } from "./ferretdb.js";
import { mongoJavaServer } from "./mongo-java-server.js";
import { mongodb } from "./mongodb.js";
import { redis } from "./redis.js";
import type { RunningService } from "./service.js";

/** A server that the tests of a run share. */
export interface SharedService {
  readonly name: string;
  /** The one that its variable names, or one of our own. @throws ServiceMissingError */
  provide(): Promise<RunningService>;
  /** No registry has it: a run in CI may be without it, and says so at its end. */
  readonly mayBeMissing?: boolean;
}

/** Every server there is, a file each. */
export const SERVICES = {
  redis,
  mongodb: { ...mongodb, mayBeMissing: true },
  ferretdb,
  mongoJavaServer,
} satisfies Record<string, SharedService>;

export type ServiceName = keyof typeof SERVICES;

export function isServiceName(name: string): name is ServiceName {
  return Object.hasOwn(SERVICES, name);
}
