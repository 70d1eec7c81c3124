import { PGVectorStorage } from "@tetrad/postgres";
import { describeVectorStorage } from "@tetrad/testkit/vitest";

import { embeddedDatabase, servedDatabase, target } from "./postgres-targets.ts";

for (const database of [await embeddedDatabase(), await servedDatabase()]) {
  if (database === null) continue;
  describeVectorStorage(
    `PGVectorStorage, ${database.name}`,
    target("VECTOR_STORAGE", PGVectorStorage, database),
  );
}
