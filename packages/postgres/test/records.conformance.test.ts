import { PGDocStatusStorage, PGKVStorage } from "@tetrad/postgres";
import { describeDocStatusStorage, describeKVStorage } from "@tetrad/testkit/vitest";

import { embeddedDatabase, servedDatabase, target } from "./postgres-targets.ts";

for (const database of [await embeddedDatabase(), await servedDatabase()]) {
  if (database === null) continue;
  describeKVStorage(`PGKVStorage, ${database.name}`, target("KV_STORAGE", PGKVStorage, database));
  describeDocStatusStorage(
    `PGDocStatusStorage, ${database.name}`,
    target("DOC_STATUS_STORAGE", PGDocStatusStorage, database),
  );
}
