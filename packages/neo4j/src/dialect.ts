/** Where Neo4j and Memgraph need other words for the same. */
export interface Dialect {
  /** Ends of edges at the node `name`: a self-loop counts 2. From the store's counters, without a walk. */
  readonly degree: (name: string) => string;
}

export const neo4jDialect: Dialect = {
  degree: (name) => `count { (${name})-->() } + count { (${name})<--() }`,
};

export const memgraphDialect: Dialect = {
  degree: (name) => `outDegree(${name}) + inDegree(${name})`,
};
