import { PGGraphStorage, PGTableGraphStorage } from "@tetrad/postgres";
import { describeGraphStorage } from "@tetrad/testkit/vitest";

import { embeddedDatabase, servedDatabase, target } from "./postgres-targets.ts";

for (const database of [await embeddedDatabase(), await servedDatabase()]) {
  if (database === null) continue;
  describeGraphStorage(`PGGraphStorage, ${database.name}`, target("GRAPH_STORAGE", PGGraphStorage, database));
  describeGraphStorage(
    `PGTableGraphStorage, ${database.name}`,
    target("GRAPH_STORAGE", PGTableGraphStorage, database),
  );
}
