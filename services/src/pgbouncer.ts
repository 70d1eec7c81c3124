import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { findCommand } from "./find-command.js";
import { freePort } from "./free-port.js";
import { pgbouncerIn, unpackPostgres } from "./postgres-programs.js";
import { ServerProcess } from "./server-process.js";
import type { RunningService } from "./service.js";
import { reachableBy, unprivilegedUser } from "./unprivileged-user.js";

export interface PgBouncerOptions {
  /** The variables of the PostgreSQL server behind it. */
  readonly server: Readonly<Record<string, string>>;
  /** Connections to the server. */
  readonly poolSize: number;
}

/** PgBouncer in transaction mode, from Debian's packages, in front of a server. */
export const pgbouncer = {
  name: "PgBouncer",

  async start({ server, poolSize }: PgBouncerOptions): Promise<RunningService> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), "tetrad-pgbouncer-"));
    const user = unprivilegedUser();
    const command =
      (await findCommand("pgbouncer")) ??
      pgbouncerIn(await reachableBy(user, await unpackPostgres(), folder));
    const { POSTGRES_HOST: host, POSTGRES_PORT: serverPort = "5432" } = server;
    const users = join(folder, "users.txt");
    const settings = join(folder, "pgbouncer.ini");
    await writeFile(users, `"${server["POSTGRES_USER"] ?? ""}" "${server["POSTGRES_PASSWORD"] ?? ""}"\n`);
    await writeFile(
      settings,
      [
        "[databases]",
        `* = host=${host ?? "127.0.0.1"} port=${serverPort}`,
        "[pgbouncer]",
        "listen_addr = 127.0.0.1",
        `listen_port = ${port}`,
        "unix_socket_dir =",
        "auth_type = scram-sha-256",
        `auth_file = ${users}`,
        "pool_mode = transaction",
        `default_pool_size = ${poolSize}`,
        "max_client_conn = 200",
        "",
      ].join("\n"),
    );
    if (user !== undefined) for (const path of [folder, users, settings]) await chown(path, user, user);
    const bouncer = await ServerProcess.start({
      command,
      args: [settings],
      isReady: () => accepts(port),
      ...(user === undefined ? {} : { user }),
    });
    return {
      env: { ...server, POSTGRES_PORT: String(port) },
      async stop() {
        await bouncer.kill();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
