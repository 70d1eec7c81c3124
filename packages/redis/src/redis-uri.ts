import { StorageSettingError } from "@tetrad/core";

/** A server that takes connections. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

export interface RedisTls {
  readonly isVerified: boolean;
  readonly checksHostname: boolean;
  /** Files in PEM. */
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
}

/** What a URI says. Times are seconds. */
export interface RedisTarget {
  readonly topology: "server" | "sentinel" | "cluster";
  readonly addresses: readonly RedisAddress[];
  /** Of a Unix socket, in place of addresses. */
  readonly path: string | undefined;
  /** Of the group that the sentinels watch. */
  readonly masterName: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly sentinelUsername: string | undefined;
  readonly sentinelPassword: string | undefined;
  readonly db: number;
  readonly tls: RedisTls | undefined;
  readonly connectionName: string | undefined;
  readonly socketTimeout: number | undefined;
  readonly connectTimeout: number | undefined;
}

const FORM =
  /^(redis|rediss|unix|rediss?\+sentinel|rediss?\+cluster):\/\/(?:([^/?]*)@)?([^/?@]*)([^?]*)(?:\?(.*))?$/i;
const DEFAULT_PORTS = { server: 6379, sentinel: 26_379, cluster: 6379 } as const;

/** Options of redis-py that say how its own connections and values work. */
const WITHOUT_EFFECT = new Set([
  "decode_responses",
  "encoding",
  "encoding_errors",
  "health_check_interval",
  "lib_name",
  "lib_version",
  "max_connections",
  "protocol",
  "retry_on_error",
  "retry_on_timeout",
  "socket_keepalive",
  "socket_read_size",
  "timeout",
]);
const KNOWN = new Set([
  "client_name",
  "db",
  "password",
  "sentinel_password",
  "sentinel_username",
  "socket_connect_timeout",
  "socket_timeout",
  "ssl_ca_certs",
  "ssl_cert_reqs",
  "ssl_certfile",
  "ssl_check_hostname",
  "ssl_keyfile",
  "username",
]);

/**
 * Reads a URI as redis-py does for LightRAG, and the two forms for Sentinel and Cluster.
 *
 * @throws StorageSettingError, which does not show the URI: it may hold a password
 */
export function parseRedisUri(uri: string): RedisTarget {
  const { scheme, user, hosts, path, query } = splitUri(uri.trim());
  const [transport = "", kind = "server"] = scheme.toLowerCase().split("+");
  const topology = kind as RedisTarget["topology"];
  const isSocket = transport === "unix";
  if (isSocket && hosts !== "") throw problem("names a host; unix:///path/of/the/socket is expected");
  const options = parseQuery(query);
  const [username, password] = parseUser(user);
  return {
    topology,
    addresses: isSocket ? [] : parseHosts(hosts, DEFAULT_PORTS[topology]),
    path: isSocket ? decode(path) : undefined,
    ...parsePath(isSocket ? "" : path, topology, options.get("db")),
    username: options.get("username") ?? username,
    password: options.get("password") ?? password,
    sentinelUsername: options.get("sentinel_username"),
    sentinelPassword: options.get("sentinel_password"),
    tls: transport === "rediss" ? parseTls(options) : undefined,
    connectionName: options.get("client_name"),
    socketTimeout: parseSeconds("socket_timeout", options),
    connectTimeout: parseSeconds("socket_connect_timeout", options),
  };
}

/** Where it is, without secrets: for messages. */
export function describeTarget({ topology, addresses, path, masterName, db }: RedisTarget): string {
  const hosts = path ?? addresses.map(({ host, port }) => `${host}:${port}`).join(",");
  if (topology === "sentinel") return `master ${masterName} of the sentinels ${hosts}`;
  if (topology === "cluster") return `the cluster ${hosts}`;
  return db === 0 ? hosts : `${hosts}, database ${db}`;
}

function problem(text: string): StorageSettingError {
  const fault = { variable: "REDIS_URI", option: "uri", value: "[secret]", problem: text };
  return new StorageSettingError(`Setting not usable: REDIS_URI = [secret] ${text}`, { faults: [fault] });
}

function parseQuery(query: string): Map<string, string> {
  const options = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (KNOWN.has(name)) options.set(name, value);
    else if (!WITHOUT_EFFECT.has(name)) throw unknownOption(name, query);
  }
  return options;
}

/** What stands before an "@" may be the rest of a password. */
function unknownOption(name: string, query: string): StorageSettingError {
  if (query.includes("@")) return problem("has an @ behind a ?; in a password, write ? as %3F");
  return problem(`has an option that is not known: ${JSON.stringify(name)}`);
}

function parseUser(user: string): [username: string | undefined, password: string | undefined] {
  const colon = user.indexOf(":");
  if (colon === -1) return [decode(user) || undefined, undefined];
  return [decode(user.slice(0, colon)) || undefined, decode(user.slice(colon + 1)) || undefined];
}

function parseHosts(hosts: string, defaultPort: number): RedisAddress[] {
  return hosts.split(",").map((text) => {
    const [, bracketed, plain, portText] = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::(\d+))?$/.exec(text) ?? [];
    const port = portText === undefined ? defaultPort : Number(portText);
    if ((bracketed === undefined && plain === undefined) || port < 1 || port > 65_535) {
      throw problem("has an address that is no host:port");
    }
    return { host: bracketed ?? (decode(plain ?? "") || "localhost"), port };
  });
}

function splitUri(uri: string): Record<"scheme" | "user" | "hosts" | "path" | "query", string> {
  const [, scheme, user = "", hosts = "", path = "", query = ""] = FORM.exec(uri) ?? [];
  if (scheme !== undefined) return { scheme, user, hosts, path, query };
  throw problem(
    "is not a URI of Redis; redis://host:6379, rediss://, unix://, redis+sentinel:// and redis+cluster:// are",
  );
}

/** `/0`, or for sentinels `/master-name/0`. An option `db` goes before the path, as in redis-py. */
function parsePath(
  path: string,
  topology: RedisTarget["topology"],
  dbOption: string | undefined,
): Pick<RedisTarget, "masterName" | "db"> {
  if (path.includes("@")) throw problem("has an @ behind a /; in a password, write / as %2F");
  const segments = path.split("/").filter(Boolean).map(decode);
  const masterName = topology === "sentinel" ? segments.shift() : undefined;
  if (topology === "sentinel" && masterName === undefined)
    throw problem("names no master: redis+sentinel://host:26379/master-name/db is expected");
  const dbSegment = segments.shift();
  const db = parseDb(dbOption ?? dbSegment);
  if (segments.length > 0) throw problem("has more in its path than the number of the database");
  if (topology === "cluster" && db !== 0) throw problem("names a database; a cluster has one only");
  return { masterName, db };
}

function parseDb(text: string | undefined): number {
  if (text === undefined || text === "") return 0;
  if (!/^\d{1,9}$/.test(text)) throw problem("has a database that is not a whole number");
  return Number(text);
}

function parseSeconds(name: string, options: ReadonlyMap<string, string>): number | undefined {
  const text = options.get(name);
  if (text === undefined || text === "" || text === "None") return undefined;
  const seconds = Number(text);
  if (!(seconds > 0)) throw problem(`has a ${name} that is no time in seconds`);
  return seconds;
}

function parseTls(options: ReadonlyMap<string, string>): RedisTls {
  const requirement = options.get("ssl_cert_reqs") ?? "required";
  if (!["required", "optional", "none"].includes(requirement)) {
    throw problem("has an ssl_cert_reqs that is not required, optional or none");
  }
  const file = (option: string): string | undefined => options.get(option);
  const [ca, certificate, key] = [file("ssl_ca_certs"), file("ssl_certfile"), file("ssl_keyfile")];
  return {
    // A server always shows its certificate: to a client of Python, too, both of the others are one.
    isVerified: requirement !== "none",
    checksHostname: !/^(false|no|0|f|n)$/i.test(options.get("ssl_check_hostname") ?? "true"),
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw problem("has a % that begins no escape; write it as %25");
  }
}
