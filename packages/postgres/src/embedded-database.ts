import type { PGlite, Transaction } from "@electric-sql/pglite";
import { StoragePackageMissingError } from "@tetrad/core";

import { arrayText } from "./array-formats.js";
import { type Database, type Row, type Session, type Value, VectorList } from "./database.js";
import { FolderLock } from "./folder-lock.js";
import { describeError } from "./postgres-errors.js";
import { TableStatistics } from "./schema/table-statistics.js";
import { quoteIdentifier } from "./sql-text.js";
import { vectorText } from "./vectors/vector-formats.js";

const PACKAGES = ["@electric-sql/pglite", "@electric-sql/pglite-pgvector", "@electric-sql/pglite-age"];

interface Options {
  readonly parsers: Record<number, (text: string) => string>;
}

interface Opened {
  readonly options: Options;
  /** For messages. */
  readonly place: string;
  readonly version: number;
  readonly close: () => Promise<void>;
}

/** PostgreSQL inside this process, on a folder. */
export class EmbeddedDatabase implements Database {
  readonly isConcurrent = false;
  readonly mostConnections = 1;
  readonly writesAtOnce = 1;
  readonly version: number;
  readonly #pglite: PGlite;
  readonly #options: Options;
  readonly #place: string;
  readonly #close: () => Promise<void>;
  readonly #statistics = new TableStatistics((table) => this.run(`ANALYZE ${quoteIdentifier(table)}`));

  private constructor(pglite: PGlite, opened: Opened) {
    this.#pglite = pglite;
    this.#options = opened.options;
    this.#place = opened.place;
    this.#close = opened.close;
    this.version = opened.version;
  }

  /** @throws StorageLockedError where another process has the folder */
  static async open(folder: string): Promise<EmbeddedDatabase> {
    const { PGlite, vector, age } = await loadPackages();
    const lock = await FolderLock.take(folder);
    try {
      const pglite = await PGlite.create({ dataDir: folder, extensions: { vector, age } });
      return await EmbeddedDatabase.#on(pglite, folder, async () => {
        try {
          await pglite.close();
        } finally {
          await lock.release();
        }
      });
    } catch (error) {
      await lock.release();
      throw describeError(error, folder);
    }
  }

  /** On one that the application opened, and will close. */
  static on(pglite: PGlite): Promise<EmbeddedDatabase> {
    return EmbeddedDatabase.#on(pglite, "the application's PGlite", async () => {});
  }

  static async #on(pglite: PGlite, place: string, close: () => Promise<void>): Promise<EmbeddedDatabase> {
    const { types } = await loadPackages();
    const asText = (text: string): string => text;
    const oids = Object.values<unknown>(types).filter((each) => typeof each === "number");
    const parsers = Object.fromEntries(oids.map((oid) => [oid, asText]));
    const [row] = await queryOn(pglite, { parsers }, "SHOW server_version_num", []);
    const version = Number(row?.["server_version_num"]);
    return new EmbeddedDatabase(pglite, { options: { parsers }, place, version, close });
  }

  async query(text: string, values: readonly Value[] = []): Promise<Row[]> {
    return this.#describe(() => queryOn(this.#pglite, this.#options, text, values));
  }

  async run(script: string): Promise<void> {
    await this.#describe(() => this.#pglite.exec(script));
  }

  runAlone(statement: string): Promise<void> {
    return this.run(statement);
  }

  transaction<T>(action: (session: Session) => Promise<T>, setUp = ""): Promise<T> {
    return this.#describe(() =>
      this.#pglite.transaction(async (transaction) => {
        if (setUp !== "") await transaction.exec(setUp);
        return action({
          query: (text, values = []) => queryOn(transaction, this.#options, text, values),
          run: async (script) => void (await transaction.exec(script)),
        });
      }),
    );
  }

  written(table: string, rows: number): void {
    this.#statistics.written(table, rows);
  }

  async close(): Promise<void> {
    await this.#statistics.idle();
    await this.#close();
  }

  async #describe<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw describeError(error, this.#place);
    }
  }
}

async function queryOn(
  connection: PGlite | Transaction,
  options: Options,
  text: string,
  values: readonly Value[],
): Promise<Row[]> {
  return (await connection.query<Row>(text, values.map(sent), options)).rows;
}

function sent(value: Value): string | null {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (value instanceof Float32Array) return vectorText(value);
  return arrayText(value instanceof VectorList ? value.vectors.map(vectorText) : value);
}

async function loadPackages() {
  try {
    const [{ PGlite, types }, { vector }, { age }] = await Promise.all([
      import("@electric-sql/pglite"),
      import("@electric-sql/pglite-pgvector"),
      import("@electric-sql/pglite-age"),
    ]);
    return { PGlite, types, vector, age };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    const installCommand = `npm install ${PACKAGES.join(" ")}`;
    throw new StoragePackageMissingError(
      `POSTGRES_EMBEDDED_DIR needs the packages of the embedded database. Install with: ${installCommand}`,
      { packages: PACKAGES, installCommand, cause },
    );
  }
}
