export {
  type DuplicateName,
  findDuplicateNodes,
  mergeDuplicateNodes,
  type Neo4jGraph,
} from "./duplicate-nodes.js";
export { MemgraphStorage } from "./memgraph-storage.js";
export { Neo4JStorage } from "./neo4j-storage.js";
