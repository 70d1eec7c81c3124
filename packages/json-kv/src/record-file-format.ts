import { JsonTextReader, type SnapshotFormat, SnapshotSyntaxError } from "@tetrad/file-engine";

import { RecordTable, type StoredRecord } from "./record-table.js";

/** What may happen to the records of a file. Puts and merges are evaluated when they are applied. */
export type RecordChange =
  | { readonly type: "put"; readonly records: ReadonlyMap<string, StoredRecord> }
  | { readonly type: "merge"; readonly id: string; readonly fields: StoredRecord }
  | { readonly type: "delete"; readonly ids: readonly string[] };

export interface RecordFileOptions<Summary> {
  readonly kind: string;
  readonly namespace: string;
  readonly summarize: (record: StoredRecord) => Summary;
  /** What is stored for a record that replaces another one, or none. */
  readonly replace: (record: StoredRecord, previous: StoredRecord | null) => StoredRecord;
  readonly upgrade?: (table: RecordTable<Summary>) => RecordChange[];
}

/**
 * LightRAG's `kv_store_<namespace>.json`: one JSON object from id to record, indented by two, in
 * insertion order. Read with or without a byte order mark, and with Python's NaN and infinities.
 */
export function recordFileFormat<Summary>(
  options: RecordFileOptions<Summary>,
): SnapshotFormat<RecordTable<Summary>, RecordChange> {
  const { kind, namespace, summarize, replace, upgrade } = options;
  return {
    kind,
    fileName: `kv_store_${namespace}.json`,
    whenDropped: "write-empty",
    createEmpty: () => new RecordTable(summarize),
    read: (source) => readRecords(source, new RecordTable(summarize)),
    write: (table) => formatRecords(table.texts()),
    apply: (table, change) => applyChange(table, change, replace),
    ...(upgrade === undefined ? {} : { upgrade }),
  };
}

async function readRecords<Summary>(
  source: AsyncIterable<Uint8Array>,
  table: RecordTable<Summary>,
): Promise<RecordTable<Summary>> {
  const reader = new JsonTextReader(source);
  await reader.readMembers((id, text) => {
    try {
      table.setText(id, text);
    } catch (cause) {
      throw new SnapshotSyntaxError(`the record ${JSON.stringify(id.slice(0, 80))} is not JSON`, { cause });
    }
  });
  await reader.readEnd();
  return table;
}

function* formatRecords(records: readonly (readonly [string, string])[]): Iterable<string> {
  let separator = "{\n  ";
  for (const [id, text] of records) {
    yield `${separator}${JSON.stringify(id)}: ${text}`;
    separator = ",\n  ";
  }
  yield records.length === 0 ? "{}" : "\n}";
}

function applyChange<Summary>(
  table: RecordTable<Summary>,
  change: RecordChange,
  replace: RecordFileOptions<Summary>["replace"],
): void {
  switch (change.type) {
    case "put":
      for (const [id, record] of change.records) table.set(id, replace(record, table.get(id)));
      break;
    case "merge": {
      const current = table.get(change.id);
      if (current !== null) table.set(change.id, { ...current, ...change.fields });
      break;
    }
    case "delete":
      for (const id of change.ids) table.delete(id);
      break;
  }
}
