import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionOptions } from "node:tls";

import { StorageIOError, StorageSettingError } from "@tetrad/core";
import { type ClientLease, SharedClients, untilAborted } from "@tetrad/core/plugin";
import { Cluster, Redis, type RedisOptions } from "ioredis";

import { describeTarget, parseRedisUri, type RedisTarget, type RedisTls } from "./redis-uri.js";
import type { ServerFacts } from "./server-check.js";
import type { RedisStorageOptions } from "./settings.js";

export type RedisClient = Redis | Cluster;

/** Answers keep the form that is the same on every version of the protocol. */
type ClientOptions = Omit<RedisOptions, "replyMapping">;

/** Asked of the client itself: one that was handed in may come from another copy of ioredis. */
export function isCluster(client: RedisClient): client is Cluster {
  return client.isCluster;
}

const LONGEST_RECONNECT_PAUSE = 1000;
const CLOSE_TIMEOUT = 1000;
/** With what commands fail whose connection could not be made, for whatever reason. */
const SAYS_NOTHING = "Connection is closed.";

/** The connection to one server, multiplexed: all storages of the process on that server use it. */
export class RedisConnection {
  readonly client: RedisClient;
  /** For messages; without secrets. */
  readonly server: string;
  /** Longest silence in milliseconds, where the client does not see to it itself. */
  readonly answerTimeout: number | null;
  /** What last went wrong with the connection: the client gives its commands a less telling error. */
  lastError: Error | undefined;
  readonly #isOwn: boolean;
  #losses = 0;
  #facts: Promise<ServerFacts> | undefined;

  constructor(
    client: RedisClient,
    server: string,
    options: { readonly answerTimeout?: number; readonly isOwn?: boolean } = {},
  ) {
    this.client = client;
    this.server = server;
    this.answerTimeout = options.answerTimeout ?? null;
    this.#isOwn = options.isOwn ?? true;
    client.on("error", (error: ClientError) => this.#note(error));
    client.on("node error", (error: ClientError) => client.status !== "ready" && this.#note(error));
    client.on("ready", () => {
      if (isCluster(client) || client.stream.writable) this.lastError = undefined;
    });
    for (const event of ["close", "-node", "node error"]) client.on(event, () => (this.#losses += 1));
  }

  /** Grows with each loss of the connection: what a server told before may not hold for the next. */
  get losses(): number {
    return this.#losses;
  }

  /** Connects again where the client has given up: no sentinel knows a master, no node of a cluster answers. */
  wake(): void {
    const { client } = this;
    // A cluster whose nodes went one after the other ends up at "close".
    const hasGivenUp = client.status === "end" || (isCluster(client) && client.status === "close");
    // The failure is that of the commands which wait for the connection.
    if (this.#isOwn && hasGivenUp) client.connect().catch(() => {});
  }

  /** What is to be known of the server: asked once; what failed is asked again by the next storage. */
  async inspect(
    ask: () => Promise<ServerFacts>,
    signal: AbortSignal | undefined,
  ): Promise<{ facts: ServerFacts; isNews: boolean }> {
    signal?.throwIfAborted();
    const isNews = this.#facts === undefined;
    const facts = (this.#facts ??= ask().catch((error: unknown) => {
      this.#facts = undefined;
      throw error;
    }));
    // Others may be waiting for the same answer: nobody's signal ends the question.
    return { facts: await untilAborted(() => facts, signal), isNews };
  }

  #note(error: ClientError): void {
    const { lastNodeError = error } = error;
    if (this.lastError === undefined || lastNodeError.message !== SAYS_NOTHING)
      this.lastError = lastNodeError;
    // The client would go on in database 0.
    if (this.#isOwn && error.command?.name === "select") this.client.disconnect();
  }
}

/** What errors of the client may tell beside their message. */
interface ClientError extends Error {
  readonly lastNodeError?: Error;
  readonly command?: { readonly name: string };
}

const connections = new SharedClients<RedisConnection>();
const handedIn = new WeakMap<RedisClient, RedisConnection>();

/** The connection for a storage: one for each process and server, or on the client it was given. */
export async function acquireConnection(options: RedisStorageOptions): Promise<ClientLease<RedisConnection>> {
  if (options.client !== undefined) return leaseHandedIn(options.client as RedisClient);
  const { uri, socketTimeout, connectTimeout } = options;
  return connections.acquire(JSON.stringify([uri, socketTimeout, connectTimeout]), {
    open: async () => openConnection(options),
    close: async ({ client }) => closeClient(client),
  });
}

function leaseHandedIn(client: RedisClient): ClientLease<RedisConnection> {
  let connection = handedIn.get(client);
  if (connection === undefined) {
    checkHandedIn(client);
    connection = new RedisConnection(client, "the client that was handed in", { isOwn: false });
    handedIn.set(client, connection);
  }
  return { client: connection, release: async () => {} };
}

/** A prefix would be put before keys, and not into patterns of keys. */
function checkHandedIn(client: RedisClient): void {
  const isClient = typeof client.pipeline === "function" && typeof client.isCluster === "boolean";
  if (!isClient) throw clientProblem("is no Redis or Cluster of ioredis");
  const { options } = client;
  const inner = "redisOptions" in options ? options.redisOptions : undefined;
  if (options.keyPrefix || inner?.keyPrefix)
    throw clientProblem("has a keyPrefix; use a workspace in its place");
}

function clientProblem(problem: string): StorageSettingError {
  const faults = [{ option: "client", problem }];
  return new StorageSettingError(`Setting not usable: option client ${problem}`, { faults });
}

async function openConnection(options: RedisStorageOptions): Promise<RedisConnection> {
  const target = parseRedisUri(options.uri);
  const server = describeTarget(target);
  const tls = target.tls === undefined ? undefined : await readTls(target.tls);
  const silence = Math.ceil((target.socketTimeout ?? options.socketTimeout) * 1000);
  const common: ClientOptions = {
    ...definedOnly({
      username: target.username,
      password: target.password,
      connectionName: target.connectionName,
      tls,
    }),
    connectTimeout: Math.ceil((target.connectTimeout ?? options.connectTimeout) * 1000),
    socketTimeout: silence,
    disconnectTimeout: CLOSE_TIMEOUT,
    // It would keep commands waiting while the server loads its data, instead of letting it say so.
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
  };
  if (target.topology === "server") return new RedisConnection(createRedis(target, common), server);
  // What waits for a node or a master knows no timeout.
  const client = target.topology === "cluster" ? createCluster(target, common) : createRedis(target, common);
  return new RedisConnection(client, server, { answerTimeout: silence });
}

/** What was under way when a connection broke fails at once, and is sent again by `RedisCommands`. */
function createRedis(target: RedisTarget, common: ClientOptions): Redis {
  const [address] = target.addresses;
  return new Redis({
    ...common,
    ...(target.topology === "sentinel"
      ? sentinelOptions(target, common)
      : definedOnly({ ...address, path: target.path })),
    db: target.db,
    lazyConnect: true,
    retryStrategy: reconnectPause,
    // A master that became a replica: the next connection leads to the new one.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  });
}

function sentinelOptions(
  target: RedisTarget,
  { tls, connectTimeout, socketTimeout }: ClientOptions,
): ClientOptions {
  return {
    sentinels: target.addresses.map((address) => ({ ...address })),
    ...definedOnly({
      name: target.masterName,
      sentinelUsername: target.sentinelUsername,
      sentinelPassword: target.sentinelPassword,
      sentinelTLS: tls,
      connectTimeout,
      sentinelCommandTimeout: socketTimeout,
    }),
    enableTLSForSentinelMode: tls !== undefined,
    // Which also sees whether it is a master.
    enableReadyCheck: true,
    maxLoadingRetryTime: LONGEST_RECONNECT_PAUSE,
    // When none of them knows a master, commands learn of it; the next ones have them asked again.
    sentinelRetryStrategy: () => null,
    failoverDetector: true,
  };
}

function createCluster(target: RedisTarget, redisOptions: ClientOptions): Cluster {
  const cluster = new Cluster(
    target.addresses.map((address) => ({ ...address })),
    {
      lazyConnect: true,
      // When none of the nodes answers, commands learn of it; the next ones have them asked again.
      clusterRetryStrategy: () => null,
      slotsRefreshTimeout: redisOptions.connectTimeout,
      // Certificates are for names: it would put addresses in their place.
      dnsLookup: (host, tell) => tell(null, host),
      redisOptions,
    },
  );
  // What it asks for the nodes keeps to itself why it was not answered; a connection to them tells.
  cluster.on("+node", (node: Redis) => {
    if (cluster.status === "connecting" && node.options.readOnly !== true) node.connect().catch(() => {});
  });
  return cluster;
}

function reconnectPause(times: number): number {
  return Math.min(25 * 2 ** Math.min(times, 10), LONGEST_RECONNECT_PAUSE) * (0.5 + Math.random() / 2);
}

/** Nothing is under way any more, so nothing is lost; a peer that does not answer must not hold the process. */
async function closeClient(client: RedisClient): Promise<void> {
  const nodes = client instanceof Redis ? [client] : client.nodes();
  // There is none before the first command.
  const sockets: (Redis["stream"] | undefined)[] = nodes.map(({ stream }) => stream);
  const open = sockets.flatMap((socket) => (socket === undefined || socket.destroyed ? [] : [socket]));
  const closed = open.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
  // Also one that has given up: what watches the sentinels for it goes on until then.
  client.disconnect();
  const timer = new AbortController();
  const late = sleep(CLOSE_TIMEOUT, undefined, { signal: timer.signal }).catch(() => {});
  await Promise.race([Promise.all(closed), late]);
  timer.abort();
  for (const socket of open) socket.destroy();
}

async function readTls(tls: RedisTls): Promise<ConnectionOptions> {
  const [ca, cert, key] = await Promise.all([tls.ca, tls.certificate, tls.key].map(readPem));
  return {
    ...definedOnly({ ca, cert, key }),
    rejectUnauthorized: tls.isVerified,
    ...(tls.checksHostname ? {} : { checkServerIdentity: () => undefined }),
  };
}

async function readPem(path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new StorageIOError(`Cannot read ${path} (${code}), which REDIS_URI names`, {
      cause,
      errno: code,
      path,
    });
  }
}

type Defined<T> = { [Field in keyof T]?: Exclude<T[Field], undefined> };

function definedOnly<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
