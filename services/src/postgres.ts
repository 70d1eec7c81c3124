import { chmod, chown, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { type Certificates, certificatesFor } from "./certificates.js";
import { dockerRun, hasDocker } from "./docker.js";
import { freePort } from "./free-port.js";
import { installedPostgres, type PostgresPrograms, postgresIn, unpackPostgres } from "./postgres-programs.js";
import { postgresInWheel, unpackPostgresWheel } from "./postgres-wheel.js";
import { ServerProcess } from "./server-process.js";
import { type OwnService, type RunningService, type Service, ServiceMissingError } from "./service.js";
import { reachableBy, runAsUser, unprivilegedUser } from "./unprivileged-user.js";

export interface PostgresOptions {
  /** 17, with pgvector 0.8 and AGE, or 16 with pgvector 0.6 and without AGE. Default: 17. */
  readonly release?: 16 | 17;
  /** Settings of the server, such as `{ max_connections: "20" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** With encryption: the variables also name the authority that signed its certificate. */
  readonly tls?: boolean;
  /** Lines of `pg_hba.conf`: who may connect, and how. The database `postgres` has to take connections without encryption. */
  readonly access?: readonly string[];
}

const USER = "tetrad";
const PASSWORD = "tests only";
const DATABASE = "postgres";
const VARIABLES = ["HOST", "PORT", "USER", "PASSWORD", "DATABASE"].map((name) => `POSTGRES_${name}`);
/** A server that was killed holds its memory until the last of its processes is gone. */
const RESTARTS = 40;

/** PostgreSQL 17 with pgvector and Apache AGE: on the PATH, in a container, or from Debian's packages; 16 from PyPI. */
export const postgres: Service<PostgresOptions> & { provide(): Promise<RunningService> } = {
  name: "PostgreSQL",
  variable: "POSTGRES_HOST",

  async provide() {
    if (process.env["POSTGRES_HOST"] === undefined) return this.start({});
    const env = Object.fromEntries(
      VARIABLES.flatMap((name) => {
        const value = process.env[name];
        return value === undefined ? [] : [[name, value]];
      }),
    );
    return { env, stop: async () => {} };
  },

  async start({ release = 17, settings = {}, tls = false, access = [] }): Promise<OwnService> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), "tetrad-postgres-"));
    const files = tls ? await certificatesFor("127.0.0.1", folder) : undefined;
    const given = { ...(await accessSettings(folder, access)), ...(await tlsSettings(files)), ...settings };
    const server = await startServer({ release, port, folder, settings: given }).catch(
      async (error: unknown) => {
        await rm(folder, { recursive: true, force: true });
        throw error;
      },
    );
    return {
      env: {
        POSTGRES_HOST: "127.0.0.1",
        POSTGRES_PORT: String(port),
        POSTGRES_USER: USER,
        POSTGRES_PASSWORD: PASSWORD,
        POSTGRES_DATABASE: DATABASE,
        ...(files === undefined ? {} : { POSTGRES_SSL_ROOT_CERT: files.authority }),
      },
      kill: () => server.kill(),
      restart: () => startAgain(server),
      async stop() {
        await server.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};

async function accessSettings(folder: string, lines: readonly string[]): Promise<Record<string, string>> {
  if (lines.length === 0) return {};
  const file = join(folder, "pg_hba.conf");
  await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o644 });
  return { hba_file: file };
}

/** The server reads its key as its own user, the clients of the tests read the certificate too. */
async function tlsSettings(files: Certificates | undefined): Promise<Record<string, string>> {
  if (files === undefined) return {};
  const user = unprivilegedUser();
  const key = `${files.key}.server`;
  await copyFile(files.key, key);
  await chmod(key, 0o600);
  if (user !== undefined) await chown(key, user, user);
  return { ssl: "on", ssl_cert_file: files.certificate, ssl_key_file: key, ssl_ca_file: files.authority };
}

interface ServerToStart {
  readonly release: 16 | 17;
  readonly port: number;
  readonly folder: string;
  readonly settings: Readonly<Record<string, string>>;
}

async function startServer({ release, port, folder, settings }: ServerToStart): Promise<ServerProcess> {
  const isReady = (): Promise<boolean> => takesConnections(port);
  const user = unprivilegedUser();
  const programs = await findPrograms(release, user, folder);
  if (programs === null && (settings["ssl"] === "on" || settings["hba_file"] !== undefined))
    throw new ServiceMissingError("PostgreSQL with files of its own is not started in a container here.");
  if (programs === null) return startContainer(port, settings, isReady);
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, PASSWORD, { mode: 0o644 });
  const access = ["--username", USER, "--auth", "scram-sha-256", "--pwfile", passwordFile];
  const locale = ["--encoding", "UTF8", "--locale", "C", ...(release === 17 ? BUILTIN_LOCALE : [])];
  const data = join(folder, "data");
  await runAsUser(user, programs.initdb, ["--pgdata", data, "--no-sync", ...access, ...locale]);
  const ofRelease = release === 17 ? OWN_SETTINGS : { ...OWN_SETTINGS, shared_preload_libraries: "" };
  return ServerProcess.start({
    command: programs.postgres,
    args: ["-D", data, "-p", String(port), ...settingArguments({ ...ofRelease, ...settings })],
    isReady,
    // Ends the connections too, where SIGTERM would wait for them.
    stopSignal: "SIGINT",
    ...(user === undefined ? {} : { user }),
  });
}

const BUILTIN_LOCALE = ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"];

const SHARED_SETTINGS = {
  shared_preload_libraries: "age",
  // What a killed server acknowledged is with the kernel, and a machine that fails is not tested.
  fsync: "off",
  full_page_writes: "off",
};

const OWN_SETTINGS = {
  ...SHARED_SETTINGS,
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  dynamic_shared_memory_type: "mmap",
  // Its compiler is not among the packages.
  jit: "off",
};

function settingArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** @returns `null` where a container is the way */
async function findPrograms(
  release: 16 | 17,
  user: number | undefined,
  folder: string,
): Promise<PostgresPrograms | null> {
  if (release === 16) return postgresInWheel(await reachableBy(user, await unpackPostgresWheel(), folder));
  const installed = await installedPostgres();
  if (installed !== null) {
    if (user !== undefined) await chown(folder, user, user);
    return installed;
  }
  if (await hasDocker()) return null;
  return postgresIn(await reachableBy(user, await unpackOrExplain(), folder));
}

function unpackOrExplain(): Promise<string> {
  return unpackPostgres().catch((cause: unknown) => {
    throw new ServiceMissingError(
      `There is no PostgreSQL with pgvector and AGE here. Install one, or name a server in POSTGRES_HOST. ${String(cause)}`,
      { cause },
    );
  });
}

/** No image has both extensions in these versions: Debian's packages are installed in a plain one. */
function startContainer(
  port: number,
  settings: Readonly<Record<string, string>>,
  isReady: () => Promise<boolean>,
): Promise<ServerProcess> {
  const programs = "/usr/lib/postgresql/17/bin";
  const script = [
    "set -e",
    "apt-get update -q",
    "apt-get install -qy --no-install-recommends postgresql-17 postgresql-17-pgvector postgresql-17-age",
    'printf %s "$PASSWORD" > /tmp/password',
    `cd /tmp && setpriv --reuid postgres --regid postgres --clear-groups ${programs}/initdb --pgdata /tmp/data --no-sync --username ${USER} --auth scram-sha-256 --pwfile /tmp/password --encoding UTF8 --locale C --locale-provider builtin --builtin-locale C.UTF-8`,
    "echo host all all all scram-sha-256 >> /tmp/data/pg_hba.conf",
    `exec setpriv --reuid postgres --regid postgres --clear-groups ${programs}/postgres -D /tmp/data "$@"`,
  ].join("\n");
  const args = settingArguments({
    ...SHARED_SETTINGS,
    listen_addresses: "*",
    unix_socket_directories: "",
    ...settings,
  });
  return ServerProcess.start({
    ...dockerRun(
      "debian:trixie-slim",
      { host: port, container: 5432 },
      {
        options: ["--env", `PASSWORD=${PASSWORD}`],
        command: ["sh", "-c", script, "sh", ...args],
      },
    ),
    isReady,
    startTimeout: 300_000,
    stopSignal: "SIGINT",
  });
}

async function startAgain(server: ServerProcess): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await server.start();
    } catch (error) {
      if (attempt === RESTARTS || !/pre-existing|postmaster\.pid/.test(String(error))) throw error;
    }
    await sleep(100);
  }
}

/** Whether it asks for the password, which it does only once it has recovered. */
function takesConnections(port: number): Promise<boolean> {
  const parameters = Buffer.from(`user\0${USER}\0database\0${DATABASE}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + parameters.length, 0);
  head.writeInt32BE(3 << 16, 4);
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.on("connect", () => socket.write(Buffer.concat([head, parameters])));
    socket.on("data", (bytes) => {
      socket.destroy();
      resolve(bytes.toString("latin1", 0, 1) === "R");
    });
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(false));
  });
}
