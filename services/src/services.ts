import { ferretdb } from "./ferretdb.js";
import { memgraph } from "./memgraph.js";
import { mongoJavaServer } from "./mongo-java-server.js";
import { mongodb } from "./mongodb.js";
import { neo4j, neo4jWithApoc } from "./neo4j.js";
import { postgres } from "./postgres.js";
import { redis } from "./redis.js";
import type { RunningService } from "./service.js";

/** A server that the tests of a run share. */
export interface SharedService {
  readonly name: string;
  /** Whether it is in no package registry: where there is no container either, CI reports it and goes on. */
  readonly isOptional?: boolean;
  /** The one that its variable names, or one of our own. @throws ServiceMissingError */
  provide(): Promise<RunningService>;
}

/** Every server there is, a file each. */
export const SERVICES = {
  postgres,
  redis,
  neo4j,
  neo4jWithApoc,
  memgraph,
  mongodb: { ...mongodb, isOptional: true },
  ferretdb,
  mongoJavaServer,
} satisfies Record<string, SharedService>;

export type ServiceName = keyof typeof SERVICES;

export function isServiceName(name: string): name is ServiceName {
  return Object.hasOwn(SERVICES, name);
}
