import type { ClientLease } from "@tetrad/core/plugin";

import { connect, type Connection } from "./connection.js";
import { CypherGraph } from "./cypher-graph.js";
import { CypherStorage } from "./cypher-storage.js";
import { memgraphDialect } from "./dialect.js";
import { GraphDatabase } from "./graph-database.js";
import { DEFAULT_WORKSPACE, labelOf } from "./labels.js";
import { ensureMemgraphSchema } from "./memgraph-schema.js";
import { type MemgraphOptions, memgraphSettings } from "./settings.js";

/** The driver's own limits, as in LightRAG, which has no settings for them; in milliseconds. */
const LIMITS = {
  maxConnectionPoolSize: 100,
  connectionTimeout: 30_000,
  connectionAcquisitionTimeout: 60_000,
  maxConnectionLifetime: 3_600_000,
  livenessCheckTimeout: 30_000,
  retryTime: 30_000,
};

/** Graph storage in Memgraph, in the nodes and edges of LightRAG. */
export class MemgraphStorage extends CypherStorage {
  static readonly settings = memgraphSettings;
  static readonly workspaceVariable = "MEMGRAPH_WORKSPACE";
  static readonly defaultWorkspace = DEFAULT_WORKSPACE;
  readonly #options: MemgraphOptions;

  constructor(options: MemgraphOptions) {
    super();
    this.#options = options;
  }

  protected connect(): Promise<ClientLease<Connection>> {
    const { uri = "", username, password, queryTimeout, driver } = this.#options;
    const settings = {
      product: "Memgraph",
      uri,
      username,
      password,
      ...LIMITS,
      queryTimeout: Math.round(queryTimeout * 1000),
      hasTransactionSettings: false,
    };
    return connect(settings, driver);
  }

  protected async openGraph(connection: Connection): Promise<CypherGraph> {
    const { workspace, namespace, database: name, logger } = this.#options;
    const label = labelOf(workspace, namespace);
    const database = new GraphDatabase(connection, name);
    const isUnique = await ensureMemgraphSchema(database, label, logger);
    return new CypherGraph({ database, label, dialect: memgraphDialect, isUnique });
  }
}
