import { PGVectorStorage } from "@tetrad/postgres";
import { describeVectorStorage } from "@tetrad/testkit/vitest";

import { embeddedDatabase, ownDatabase, servedDatabase, target } from "./postgres-targets.ts";

const older = await ownDatabase("16 with pgvector 0.6", { release: 16 });

for (const database of [await embeddedDatabase(), await servedDatabase(), older]) {
  if (database === null) continue;
  describeVectorStorage(
    `PGVectorStorage, ${database.name}`,
    target("VECTOR_STORAGE", PGVectorStorage, database),
  );
}
