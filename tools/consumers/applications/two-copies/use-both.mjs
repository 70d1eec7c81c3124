import * as ours from "@tetrad/core";
import { core as theirs, RefusingKVStorage } from "own-core-storage";

const options = { namespace: "full_docs", env: {} };
const open = (core, name) => core.createStorage("KV_STORAGE", name, options);
const names = ["RegisteredByUs", "RegisteredByThem"];

ours.registerStorage("KV_STORAGE", "RegisteredByUs", { load: () => RefusingKVStorage });
theirs.registerStorage("KV_STORAGE", "RegisteredByThem", { package: "own-core-storage#RefusingKVStorage" });

const refusing = await open(ours, "RegisteredByThem");
const refused = await refusing.upsert({ "doc-1": { content: "x" } }).catch((error) => error);
const missing = await open(theirs, "absent-storage#AbsentKVStorage").catch((error) => error);
const unknown = await open(theirs, "RegisteredByNobody").catch((error) => error);

console.log(
  JSON.stringify({
    areTwo: ours.StorageError !== theirs.StorageError,
    refused: describeToUs(refused),
    missing: describeToUs(missing),
    unknown: describeToUs(unknown),
    listedByUs: names.filter((name) => name in ours.STORAGE_IMPLEMENTATIONS.KV_STORAGE.implementations),
    listedByThem: names.filter((name) => name in theirs.STORAGE_IMPLEMENTATIONS.KV_STORAGE.implementations),
    openedByThem: (await open(theirs, "RegisteredByUs")).name,
  }),
);

/** Which classes of our copy an error belongs to; its own class is of their copy. */
function describeToUs(error) {
  const classes = Object.entries(ours).filter(([, value]) => value?.prototype instanceof Error);
  const instanceOf = classes.filter(([, errorClass]) => error instanceof errorClass).map(([name]) => name);
  return { isStorageError: ours.isStorageError(error), instanceOf: instanceOf.toSorted(), path: error.path };
}
