import { chmod, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { unpackDebianPackages } from "./debian-packages.js";
import { findCommand } from "./find-command.js";

/** PostgreSQL 17 with pgvector 0.8 and Apache AGE 1.5, PgBouncer, and the libraries they load. */
const PACKAGES = [
  "postgresql-17 postgresql-17-pgvector postgresql-17-age postgresql-client-17 pgbouncer",
  "libaudit1 libbsd0 libbz2-1.0 libc-bin libc6 libcap-ng0 libcap2 libcares2 libcom-err2",
  "libcrypt1 libedit2 libevent-2.1-7t64 libffi8 libgcc-s1 libgcrypt20 libgpg-error0",
  "libgssapi-krb5-2 libicu76 libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libldap2",
  "liblz4-1 liblzma5 libmd0 libnuma1 libpam0g libpcre2-8-0 libpq5 libreadline8t64 libsasl2-2",
  "libselinux1 libssl3t64 libstdc++6 libsystemd0 libtinfo6 liburing2 libuuid1 libxml2",
  "libxslt1.1 libxxhash0 libzstd1 tzdata zlib1g",
].flatMap((names) => names.split(" "));

const PROGRAMS = "usr/lib/postgresql/17/bin";
const KEPT_PROGRAMS = ["initdb", "postgres", "pg_dump", "psql"];

/**
 * Runs a program with the libraries beside it, whatever release runs here. PostgreSQL finds its files
 * by the name it was called with.
 */
const WRAPPER = `#!/bin/sh
root=\${0%/usr/*}
for loader in "$root"/usr/lib*/ld-linux*.so.*; do :; done
for libraries in "$root"/usr/lib/*-linux-gnu; do :; done
exec "$loader" --library-path "$libraries" --argv0 "$0" "$0.bin" "$@"
`;

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/** Those on the PATH, where they have both extensions. */
export async function installedPostgres(): Promise<PostgresPrograms | null> {
  const [initdb, postgres] = await Promise.all([findCommand("initdb"), findCommand("postgres")]);
  if (initdb === null || postgres === null) return null;
  const extensions = await readdir(join(postgres, "../../share/extension")).catch(() => [] as string[]);
  const hasBoth = ["vector.control", "age.control"].every((file) => extensions.includes(file));
  return hasBoth ? { initdb, postgres } : null;
}

/** Those of Debian's packages, unpacked. */
export function postgresIn(root: string): PostgresPrograms {
  const programs = join(root, PROGRAMS);
  return { initdb: join(programs, "initdb"), postgres: join(programs, "postgres") };
}

export function pgbouncerIn(root: string): string {
  return join(root, "usr/sbin/pgbouncer");
}

/** @returns the folder that stands for `/` @throws ServiceMissingError */
export function unpackPostgres(): Promise<string> {
  return unpackDebianPackages("postgres", PACKAGES, { release: "trixie", finish: wrapPrograms });
}

async function wrapPrograms(root: string): Promise<void> {
  const folder = join(root, PROGRAMS);
  for (const name of await readdir(folder)) {
    if (!KEPT_PROGRAMS.includes(name)) await rm(join(folder, name));
  }
  for (const path of [...KEPT_PROGRAMS.map((name) => join(folder, name)), pgbouncerIn(root)]) {
    await rename(path, `${path}.bin`);
    await writeFile(path, WRAPPER);
    await chmod(path, 0o755);
  }
}
