import type { ClientLease } from "@tetrad/core/plugin";

import { chooseDatabase } from "./choose-database.js";
import { connectionSettings } from "./connection-settings.js";
import { connect, type Connection } from "./connection.js";
import { CypherGraph } from "./cypher-graph.js";
import { cypherStatements } from "./cypher-statements.js";
import { CypherStorage } from "./cypher-storage.js";
import { neo4jDialect } from "./dialect.js";
import { findByFullText } from "./label-search.js";
import { DEFAULT_WORKSPACE, labelOf } from "./labels.js";
import { ensureNeo4jSchema } from "./neo4j-schema.js";
import { type Neo4jOptions, neo4jSettings } from "./settings.js";

/** Graph storage in Neo4j 5 and later, in the nodes and edges of LightRAG. */
export class Neo4JStorage extends CypherStorage {
  static readonly settings = neo4jSettings;
  static readonly workspaceVariable = "NEO4J_WORKSPACE";
  static readonly defaultWorkspace = DEFAULT_WORKSPACE;
  readonly #options: Neo4jOptions;

  constructor(options: Neo4jOptions) {
    super();
    this.#options = options;
  }

  protected connect(): Promise<ClientLease<Connection>> {
    return connect(connectionSettings(this.#options), this.#options.driver);
  }

  protected async openGraph(connection: Connection): Promise<CypherGraph> {
    const { workspace, namespace, database: wanted, logger } = this.#options;
    const label = labelOf(workspace, namespace);
    const database = await chooseDatabase(connection, { wanted, namespace, logger });
    const { isUnique, fullTextIndex } = await ensureNeo4jSchema(database, label, logger);
    const statements = cypherStatements(label, neo4jDialect);
    return new CypherGraph({
      database,
      label,
      dialect: neo4jDialect,
      isUnique,
      ...(fullTextIndex === null ? {} : { search: findByFullText(database, statements, fullTextIndex) }),
    });
  }
}
