import { describeOnServer } from "./describe-on-server.ts";

const NESTED = "it stores no arrays inside arrays";
const NAMES = "it takes no fields with some of these names: its JSON is malformed";
const QUOTES = 'it takes no collections with a " in their names';

/** Each of these is run on mongo-java-server. */
describeOnServer("ferretdb", "FerretDB 1.24", {
  "kv/any-json": NESTED,
  "kv/random-operations": NESTED,
  "doc-status/any-json": NESTED,
  "vector/fields-are-kept": NESTED,
  "kv/numbers": "it turns -0 into 0",
  "doc-status/numbers": "it turns -0 into 0",
  "vector/hostile-values": "it turns -0 into 0",
  "graph/hostile-names": NAMES,
  "graph/random-operations": NAMES,
  "kv/workspaces-are-apart": QUOTES,
  "doc-status/workspaces-are-apart": QUOTES,
  "graph/workspaces-are-apart": QUOTES,
  "vector/workspaces-are-apart": QUOTES,
});
/** All of them, wherever one is named in MONGO_URI, installed, or started in a container. */
describeOnServer("mongodb", "MongoDB", {});
