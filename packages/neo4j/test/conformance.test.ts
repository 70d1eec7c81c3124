import { askForService } from "@tetrad/services/vitest";
import { describeGraphStorage } from "@tetrad/testkit/vitest";

import { neo4jTarget } from "./fixtures/neo4j-target.ts";

const env = await askForService("neo4j");
if (env !== null) describeGraphStorage("Neo4JStorage", neo4jTarget(env));
