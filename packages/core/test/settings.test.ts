import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { checkStorageEnvironment, StorageEnvironmentError, StorageSettingError } from "@tetrad/core";
import { defineSettings, readSettingSources, resolveSettings, throwSettingFaults } from "@tetrad/core/plugin";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { parseConfigIni } from "../src/settings/config-ini.js";
import { parseDotEnv } from "../src/settings/dot-env.js";

describe("parseDotEnv", () => {
  test.each([
    ["plain", "A=1", "1"],
    ["spaces around", "  A = 1  ", "1"],
    ["export", "export A=1", "1"],
    ["a comment after a space", "A=1 # one", "1"],
    ["a # inside a value, as in a password", "A=pa#ss", "pa#ss"],
    ["double quotes", 'A="a b # c" # comment', "a b # c"],
    ["escapes in double quotes", String.raw`A="a\nb\t\"c\""`, 'a\nb\t"c"'],
    ["single quotes take everything as it is", String.raw`A='a\nb"c"'`, String.raw`a\nb"c"`],
    ["several lines in quotes", 'A="a\nb"', "a\nb"],
    ["nothing", "A=", ""],
    ["Windows line ends", "A=1\r\nB=2\r\n", "1"],
    ["a byte order mark", "\uFEFFA=1", "1"],
    ["an equals sign in the value", "A=b=c", "b=c"],
    ["a reference", "B=2\nA=x${B}y", "x2y"],
    ["a reference with a default", "A=${NOTHING:-d}", "d"],
    ["a reference to nothing", "A=${NOTHING}", ""],
    ["a reference to the environment", "HOME_DIR=file\nA=${HOME_DIR}", "environment"],
  ])("%s", (_, text, expected) => {
    expect(parseDotEnv(text, { HOME_DIR: "environment" })["A"]).toBe(expected);
  });

  test("leaves comments and lines without a variable out", () => {
    expect(Object.keys(parseDotEnv("# A=1\nnot a line\n\n=x\n__proto__=1\nB=2", {}))).toEqual([
      "__proto__",
      "B",
    ]);
  });
});

describe("parseConfigIni", () => {
  test("reads sections and keys as Python's configparser does", () => {
    const sections = parseConfigIni(
      "; comment\n[redis]\nURI = redis://h:1/0?x=a;b#c\n[postgres]\nuser: me\npassword = 100%%\n# comment\nserver_options=a=1\n  &b=2\nempty =\n",
    );
    expect(sections.get("redis")?.get("uri")).toBe("redis://h:1/0?x=a;b#c");
    expect([...(sections.get("postgres") ?? [])]).toEqual([
      ["user", "me"],
      ["password", "100%"],
      ["server_options", "a=1\n&b=2"],
      ["empty", ""],
    ]);
  });
});

const settings = defineSettings({
  uri: { variable: "DEMO_URI", type: "string", secret: true, description: "Where the server is" },
  retries: {
    variable: "DEMO_RETRIES",
    type: "integer",
    unit: "tries",
    min: 0,
    max: 10,
    default: 3,
    description: "How often",
  },
  ratio: { variable: "DEMO_RATIO", type: "number", min: 0, default: 0.5, description: "How much" },
  loud: { variable: "DEMO_LOUD", type: "boolean", default: false, description: "Whether to say it" },
  mode: {
    variable: "DEMO_MODE",
    type: "choice",
    choices: ["fast", "safe"],
    default: "safe",
    description: "How",
  },
  client: { type: "object", description: "A client of the application" },
  old: { variable: "DEMO_OLD", type: "integer", withoutEffect: "nothing to set here", description: "Of old" },
});

describe("resolveSettings", () => {
  const resolve = (options: Record<string, unknown>, env: Record<string, string>) =>
    resolveSettings(settings, options, readSettingSources(env));

  test("an option wins over the environment, and that over the default", () => {
    const { values, faults } = resolve(
      { retries: 1 },
      { DEMO_RETRIES: "2", DEMO_RATIO: ".25", DEMO_LOUD: "Yes" },
    );
    expect(faults).toEqual([]);
    expect(values).toEqual({
      uri: undefined,
      retries: 1,
      ratio: 0.25,
      loud: true,
      mode: "safe",
      client: undefined,
    });
  });

  test("a blank variable counts as not set", () => {
    expect(resolve({}, { DEMO_RETRIES: "  ", DEMO_MODE: "" }).values).toMatchObject({
      retries: 3,
      mode: "safe",
    });
  });

  test("all faults are reported together, with variable, value and what is accepted, and no secret", () => {
    const { faults } = resolve(
      { uri: 7, client: "text" },
      { DEMO_RETRIES: "11", DEMO_RATIO: "much", DEMO_LOUD: "maybe", DEMO_MODE: "FAST", DEMO_OLD: "whatever" },
    );
    const error = thrown(() => throwSettingFaults(faults, "DemoStorage"));
    expect(error).toBeInstanceOf(StorageSettingError);
    expect((error as StorageSettingError).faults).toHaveLength(6);
    expect(error.message).toContain("6 settings are not usable");
    expect(error.message).toContain(
      "DEMO_RETRIES = 11 (from the environment): expected a whole number of tries from 0 to 10",
    );
    expect(error.message).toContain(
      "DEMO_RATIO = much (from the environment): expected a number, at least 0",
    );
    expect(error.message).toContain("DEMO_LOUD = maybe (from the environment): expected true or false");
    expect(error.message).toContain('DEMO_MODE = FAST (from the environment): expected "fast" or "safe"');
    expect(error.message).toContain("option uri = [secret]: expected text");
    expect(error.message).toContain("option client");
  });

  test.each(["0x10", "1e", "1_000", "--1", "NaN", "Infinity", "1,5", "٣"])("%s is no number", (text) => {
    expect(resolve({}, { DEMO_RATIO: text }).faults).toHaveLength(1);
  });

  test.each([1.5, Number.NaN, "3", 11, -1, null])(
    "%s is no option for a whole number from 0 to 10",
    (retries) => {
      expect(resolve({ retries }, {}).faults).toHaveLength(1);
    },
  );

  test("names like __proto__ in the environment are names", () => {
    const env = JSON.parse('{"__proto__": {"DEMO_MODE": "fast"}}') as Record<string, string>;
    expect(resolve({}, env).values.mode).toBe("safe");
  });
});

describe("sources in the working directory", () => {
  const before = process.cwd();
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tetrad-settings-"));
    process.chdir(folder);
  });

  afterEach(async () => {
    process.chdir(before);
    await rm(folder, { recursive: true });
  });

  test(".env is read after the environment and before config.ini", async () => {
    await writeFile(".env", "DEMO_RETRIES=4\nDEMO_MODE=fast\n");
    await writeFile("config.ini", "[demo]\nretries = 5\nratio = 0.75\n");
    const { values } = resolveSettings(settings, {}, readSettingSources());
    expect(values).toMatchObject({ retries: 4, mode: "fast", ratio: 0.75 });
  });

  test("an explicit environment switches both files off", async () => {
    await writeFile(".env", "DEMO_RETRIES=4\n");
    await writeFile("config.ini", "[demo]\nretries = 5\n");
    expect(resolveSettings(settings, {}, readSettingSources({})).values.retries).toBe(3);
  });

  test("a folder called .env is an error that names it", async () => {
    const { mkdir } = await import("node:fs/promises");
    await mkdir(".env");
    expect(() => readSettingSources()).toThrow(/Cannot read .*\.env \(EISDIR\)/);
  });
});

describe("checkStorageEnvironment", () => {
  test("names everything that is missing, of every alternative", () => {
    const error = thrown(() =>
      checkStorageEnvironment("KV_STORAGE", "PGKVStorage", { env: { POSTGRES_USER: "me" } }),
    );
    expect(error).toBeInstanceOf(StorageEnvironmentError);
    expect((error as StorageEnvironmentError).missing).toEqual([
      ["POSTGRES_EMBEDDED_DIR"],
      ["POSTGRES_PASSWORD", "POSTGRES_DATABASE"],
    ]);
    expect(error.message).toMatch(
      /PGKVStorage is not configured. Missing: POSTGRES_EMBEDDED_DIR; or instead POSTGRES_PASSWORD, POSTGRES_DATABASE/,
    );
  });

  test.each([
    ["nothing is needed", "JsonKVStorage", {}, {}],
    ["one alternative is complete", "PGKVStorage", { POSTGRES_EMBEDDED_DIR: "./pg" }, {}],
    [
      "the other one is",
      "PGKVStorage",
      { POSTGRES_USER: "u", POSTGRES_PASSWORD: "p", POSTGRES_DATABASE: "d" },
      {},
    ],
    ["options stand for variables", "PGKVStorage", {}, { user: "u", password: "p", database: "d" }],
    ["both together", "PGKVStorage", { POSTGRES_USER: "u" }, { password: "p", database: "d" }],
    ["a client is handed in", "RedisKVStorage", {}, { client: {} }],
    ["a pool is handed in", "PGKVStorage", {}, { pool: {} }],
  ])("is content when %s", (_, name, env, options) => {
    expect(() => checkStorageEnvironment("KV_STORAGE", name, { env, options })).not.toThrow();
  });

  test("an empty variable is a missing one", () => {
    expect(() =>
      checkStorageEnvironment("KV_STORAGE", "RedisKVStorage", { env: { REDIS_URI: " " } }),
    ).toThrow(/REDIS_URI/);
  });
});

function thrown(action: () => void): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}
