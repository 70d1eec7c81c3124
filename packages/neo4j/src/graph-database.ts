import type { Record as ResultRecord } from "neo4j-driver";

import type { Connection, QueryParameters } from "./connection.js";

/** Milliseconds for what looks at every node. */
const SETUP_TIMEOUT = 600_000;

/** One database of a server. */
export class GraphDatabase {
  readonly connection: Connection;
  /** `null` is the server's default. */
  readonly name: string | null;

  constructor(connection: Connection, name: string | null) {
    this.connection = connection;
    this.name = name;
  }

  read(query: string, parameters: QueryParameters = {}, signal?: AbortSignal): Promise<ResultRecord[]> {
    return this.connection.run(query, parameters, { access: "READ", database: this.name, signal });
  }

  /** For writes that may be done twice: a query whose answer was lost is run again. */
  write(query: string, parameters: QueryParameters = {}): Promise<ResultRecord[]> {
    return this.connection.run(query, parameters, { access: "WRITE", database: this.name });
  }

  /** For what looks at every node, as the making of an index does: it may take longer than others. */
  setUp(query: string): Promise<ResultRecord[]> {
    const options = { access: "WRITE", database: this.name, minimumTimeout: SETUP_TIMEOUT } as const;
    return this.connection.run(query, {}, options);
  }
}
