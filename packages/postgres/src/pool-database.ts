import { retryTransient } from "@tetrad/core/plugin";
import type { Pool, PoolClient, QueryConfig } from "pg";

import { textArrayBytes } from "./array-formats.js";
import { type Database, type Row, type Session, type Value, VectorList } from "./database.js";
import { describeError, isConnectionError, isTransient } from "./postgres-errors.js";
import { TableStatistics } from "./schema/table-statistics.js";
import { quoteIdentifier } from "./sql-text.js";
import { vectorArrayBytes, vectorBytes } from "./vectors/vector-formats.js";

/** Every value stays the text that PostgreSQL prints: the driver would round times and cut numbers. */
const AS_TEXT = {
  getTypeParser:
    () =>
    (value: string): string =>
      value,
};

export interface PoolDatabaseOptions {
  readonly pool: Pool;
  /** For messages: host and database. */
  readonly place: string;
  readonly attempts: number;
  /** Ends the pool; nothing where it is the application's. */
  readonly end: () => Promise<void>;
}

/** A database that a server has, by a pool of `pg`. */
export class PoolDatabase implements Database {
  readonly isConcurrent = true;
  readonly writesAtOnce = 3;
  readonly version: number;
  readonly mostConnections: number;
  readonly #options: PoolDatabaseOptions;
  readonly #statistics = new TableStatistics((table) =>
    // Waiting for an index being built, it would be waited for in turn.
    this.runAlone(`ANALYZE (SKIP_LOCKED) ${quoteIdentifier(table)}`),
  );

  private constructor(options: PoolDatabaseOptions, version: number) {
    this.#options = options;
    this.version = version;
    this.mostConnections = options.pool.options.max;
  }

  static async open(options: PoolDatabaseOptions): Promise<PoolDatabase> {
    try {
      const { rows } = await options.pool.query<Row>(
        statement("SELECT current_setting('server_version_num') AS version", []),
      );
      return new PoolDatabase(options, Number(rows[0]?.["version"]));
    } catch (error) {
      throw describeError(error, options.place);
    }
  }

  query(text: string, values: readonly Value[] = []): Promise<Row[]> {
    return this.#attempt(async () => (await this.#options.pool.query<Row>(statement(text, values))).rows);
  }

  run(script: string): Promise<void> {
    return this.#attempt(async () => void (await this.#options.pool.query(script)));
  }

  async runAlone(text: string): Promise<void> {
    try {
      await this.#options.pool.query(text);
    } catch (error) {
      throw describeError(error, this.#options.place);
    }
  }

  transaction<T>(action: (session: Session) => Promise<T>, setUp = ""): Promise<T> {
    return this.#attempt(async () => {
      const client = await this.#options.pool.connect();
      let failure: Error | undefined;
      // A connection that breaks between two statements would end the process.
      const keepFailure = (error: Error): void => {
        failure = error;
      };
      client.on("error", keepFailure);
      try {
        // Whatever the default of the database: what is looked at under a lock has to be what is there now.
        await client.query(`BEGIN ISOLATION LEVEL READ COMMITTED; ${setUp}`);
        const result = await action(sessionOf(client));
        await client.query("COMMIT");
        return result;
      } catch (error) {
        if (isConnectionError(error)) failure = error as Error;
        else await client.query("ROLLBACK").catch((broken: Error) => (failure = broken));
        throw error;
      } finally {
        client.off("error", keepFailure);
        // Only this connection goes; others work on.
        client.release(failure);
      }
    });
  }

  written(table: string, rows: number): void {
    this.#statistics.written(table, rows);
  }

  async close(): Promise<void> {
    await this.#statistics.idle();
    await this.#options.end();
  }

  async #attempt<T>(action: () => Promise<T>): Promise<T> {
    const { attempts, place } = this.#options;
    try {
      return await retryTransient(action, { attempts, isTransient });
    } catch (error) {
      throw describeError(error, place);
    }
  }
}

function sessionOf(client: PoolClient): Session {
  return {
    async query(text, values = []) {
      return (await client.query<Row>(statement(text, values))).rows;
    },
    async run(script) {
      await client.query(script);
    },
  };
}

function statement(text: string, values: readonly Value[]): QueryConfig {
  return { text, values: values.map(sent), types: AS_TEXT };
}

function sent(value: Value): string | Buffer | null {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (value instanceof Float32Array) return vectorBytes(value);
  return value instanceof VectorList ? vectorArrayBytes(value.vectors, value.typeId) : textArrayBytes(value);
}
