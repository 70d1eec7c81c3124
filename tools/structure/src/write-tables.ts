import { readFileSync, writeFileSync } from "node:fs";

import { insertTable, tables } from "./tables.js";

const root = new URL("../../../", import.meta.url);

for (const table of tables(root)) {
  const file = new URL(table.file, root);
  writeFileSync(file, insertTable(readFileSync(file, "utf8"), table));
}
