export { MemgraphStorage } from "./memgraph-storage.js";
export { Neo4JStorage } from "./neo4j-storage.js";
