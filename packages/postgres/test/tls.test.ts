import { dirname, join } from "node:path";

import { createStorage, registerStorage } from "@tetrad/core";
import { PGKVStorage } from "@tetrad/postgres";
import { revocationList } from "@tetrad/services";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startServer } from "./postgres-targets.ts";

registerStorage("KV_STORAGE", "Records", { load: () => PGKVStorage });

/** Who may come in, by database; by the first one is asked whether the server is ready. */
const ACCESS = [
  "host postgres all all scram-sha-256",
  "hostnossl plain all all scram-sha-256",
  "hostssl secret all all scram-sha-256",
  "hostssl certified all all scram-sha-256 clientcert=verify-ca",
];

/** Leads to the server, and does not stand in its certificate. */
const OTHER_NAME = "127.1";

const server = await startServer("with TLS", { tls: true, access: ACCESS });
const env = server?.env ?? {};
const authority = env["POSTGRES_SSL_ROOT_CERT"] ?? "";
const certificate = {
  POSTGRES_SSL_CERT: join(dirname(authority), "server.pem"),
  POSTGRES_SSL_KEY: join(dirname(authority), "server-key.pem"),
};
afterAll(async () => server?.stop());

/** Opens a storage, and tells whether its connections are encrypted. */
async function open(database: string, mode: string, variables = {}): Promise<boolean> {
  const application = `${database} ${mode}`.replaceAll(/\W/g, "_");
  const { POSTGRES_SSL_ROOT_CERT: _, ...others } = env;
  const storage = await createStorage("KV_STORAGE", "Records", {
    namespace: "full_docs",
    workspace: "w",
    env: {
      ...others,
      POSTGRES_DATABASE: database,
      POSTGRES_SSL_MODE: mode,
      POSTGRES_SERVER_SETTINGS: `application_name=${application}&work_mem=5MB`,
      ...variables,
    },
  });
  try {
    const result = await query(
      `SELECT bool_and(s.ssl) AS encrypted FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.application_name = '${application}'`,
    );
    return result["encrypted"] as boolean;
  } finally {
    await storage.finalize();
  }
}

async function query(statement: string): Promise<Record<string, unknown>> {
  const client = new pg.Client({
    host: env["POSTGRES_HOST"],
    port: Number(env["POSTGRES_PORT"]),
    user: env["POSTGRES_USER"],
    password: env["POSTGRES_PASSWORD"],
    database: "postgres",
    ssl: { rejectUnauthorized: false },
  });
  await client.connect();
  try {
    return ((await client.query(statement)).rows[0] ?? {}) as Record<string, unknown>;
  } finally {
    await client.end();
  }
}

describe.skipIf(server === null)("encryption", () => {
  beforeAll(async () => {
    for (const name of ["plain", "secret", "certified"]) await query(`CREATE DATABASE ${name}`);
  });

  test("is used or not as each mode says", async () => {
    const trusted = { POSTGRES_SSL_ROOT_CERT: authority };
    expect(await open("plain", "disable")).toBe(false);
    expect(await open("plain", "allow")).toBe(false);
    expect(await open("secret", "allow")).toBe(true);
    expect(await open("secret", "prefer")).toBe(true);
    expect(await open("plain", "prefer")).toBe(false);
    expect(await open("secret", "require")).toBe(true);
    expect(await open("secret", "require", trusted)).toBe(true);
    expect(await open("secret", "verify-ca", trusted)).toBe(true);
    expect(await open("secret", "verify-full", trusted)).toBe(true);
    expect(await open("secret", "verify-ca", { ...trusted, POSTGRES_HOST: OTHER_NAME })).toBe(true);
    expect(await open("certified", "verify-full", { ...trusted, ...certificate })).toBe(true);
  });

  test.each([
    ["secret", "disable", {}, /refuses: .*Check the user/],
    ["plain", "require", {}, /refuses: .*Check the user/],
    ["certified", "require", {}, /certificate/],
    ["secret", "verify-ca", {}, /Check POSTGRES_SSL_MODE/],
    [
      "secret",
      "require",
      { POSTGRES_SSL_ROOT_CERT: certificate.POSTGRES_SSL_CERT },
      /Check POSTGRES_SSL_MODE/,
    ],
    [
      "secret",
      "verify-full",
      { POSTGRES_SSL_ROOT_CERT: authority, POSTGRES_HOST: OTHER_NAME },
      /Hostname\/IP does not match.*Check POSTGRES_SSL_MODE/,
    ],
  ])("%s by %s with %o is refused", async (database, mode, variables, message) => {
    const failure = await open(database, mode, variables).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "STORAGE_ACCESS", message: expect.stringMatching(message) });
  });

  test("certificates that the authority has withdrawn are refused, others are not", async () => {
    const trusted = { POSTGRES_SSL_ROOT_CERT: authority };
    const files = { authority, authorityKey: join(dirname(authority), "authority-key.pem") };
    const none = await revocationList(files);
    const withdrawn = await revocationList({ ...files, revoked: certificate.POSTGRES_SSL_CERT });
    for (const mode of ["require", "verify-ca", "verify-full"]) {
      expect(await open("secret", mode, { ...trusted, POSTGRES_SSL_CRL: none })).toBe(true);
      await expect(open("secret", mode, { ...trusted, POSTGRES_SSL_CRL: withdrawn })).rejects.toThrow(
        /CERT_REVOKED.*Check POSTGRES_SSL_MODE/,
      );
    }
  });

  test("that is not there at all: required, it is an error; preferred, it is done without", async () => {
    const plain = await startServer("without TLS", {});
    if (plain === null) return;
    try {
      const openPlain = (mode: string) =>
        createStorage("KV_STORAGE", "Records", {
          namespace: "full_docs",
          workspace: "w",
          env: { ...plain.env, POSTGRES_SSL_MODE: mode },
        });
      await (await openPlain("prefer")).finalize();
      await expect(openPlain("require")).rejects.toThrow(/does not support SSL/);
    } finally {
      await plain.stop();
    }
  });

  test("half of a client's certificate, and a file that is not there, are faults of the settings", async () => {
    const { POSTGRES_SSL_CERT } = certificate;
    await expect(open("secret", "require", { POSTGRES_SSL_CERT })).rejects.toMatchObject({
      code: "STORAGE_SETTING",
    });
    await expect(open("secret", "verify-ca", { POSTGRES_SSL_ROOT_CERT: "/none" })).rejects.toThrow(
      /POSTGRES_SSL_ROOT_CERT = \/none/,
    );
  });
});
