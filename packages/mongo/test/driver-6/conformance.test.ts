import { describeOnServer } from "../describe-on-server.ts";

const ORDER = "it orders texts by UTF-16 unit, not by code point";

/** Each of these is run on FerretDB. */
describeOnServer("mongoJavaServer", "mongo-java-server 1.47", {
  "doc-status/pages": ORDER,
  "doc-status/order-of-hostile-ids": ORDER,
  "doc-status/random-operations": ORDER,
  "vector/random-operations": "a new document takes the place of a deleted one, and ties come by place",
});
