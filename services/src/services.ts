import { postgres } from "./postgres.js";
import { redis } from "./redis.js";
import type { RunningService } from "./service.js";

/** A server that the tests of a run share. */
export interface SharedService {
  readonly name: string;
  /** The one that its variable names, or one of our own. @throws ServiceMissingError */
  provide(): Promise<RunningService>;
}

/** Every server there is, a file each. */
export const SERVICES = { postgres, redis } satisfies Record<string, SharedService>;

export type ServiceName = keyof typeof SERVICES;

export function isServiceName(name: string): name is ServiceName {
  return Object.hasOwn(SERVICES, name);
}
