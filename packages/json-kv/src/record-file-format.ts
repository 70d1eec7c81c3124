import {
  type RowOperation,
  type SnapshotFormat,
  type SnapshotOutput,
  type SnapshotSource,
  SnapshotSyntaxError,
} from "@tetrad/file-engine";

import type { FieldReader } from "./field-reader.js";
import { OperationRules, type Stamps } from "./operation-rules.js";
import { parseRecords } from "./parse-records.js";
import type { RecordTable } from "./record-table.js";
import { type OnRecord, splitRecords } from "./split-records.js";

export interface RecordFileOptions<Table extends RecordTable> {
  readonly kind: string;
  readonly namespace: string;
  readonly stamps: Stamps;
  /** The fields that are looked up without parsing a record. */
  readonly fields: FieldReader;
  readonly createTable: (fileName: string) => Table;
  readonly upgrade?: (table: Table) => RowOperation[];
}

/** The space keeps such a file from being taken apart by its layout. To JSON it means nothing. */
const START = { byLayout: "{\n  ", parsedOnly: "{ \n  " };

/**
 * LightRAG's `kv_store_<namespace>.json`: one JSON object from id to record, indented by two, in
 * insertion order. Read with or without a byte order mark, and with Python's NaN and infinities.
 */
export function recordFileFormat<Table extends RecordTable>(
  options: RecordFileOptions<Table>,
): SnapshotFormat<Table> {
  const { kind, namespace, stamps, fields, createTable, upgrade } = options;
  const rules = new OperationRules(stamps);
  const fileName = `kv_store_${namespace}.json`;
  return {
    kind,
    fileName,
    whenDropped: "write-empty",
    createEmpty: () => createTable(fileName),
    read: (source, table) => readRecords(source, table, fields),
    write: writeRecords,
    apply: (table, operation) => rules.apply(table, operation),
    checksumOf: (table, { key }) => table.text(key)?.checksum ?? null,
    prevails: (table, operation) => rules.prevails(table, operation),
    ...(upgrade === undefined ? {} : { upgrade }),
  };
}

async function readRecords(source: SnapshotSource, table: RecordTable, fields: FieldReader): Promise<void> {
  let count = 0;
  const onRecord: OnRecord = (id, row) => {
    count += 1;
    table.hasLayout &&= row.hasLayout;
    table.set(id, row);
  };
  if (!source.isOwn) return parseRecords(source.blocks, fields, onRecord);
  await splitRecords(source.blocks, onRecord);
  if (count !== table.size) throw new SnapshotSyntaxError("an id stands there twice");
}

async function writeRecords(table: RecordTable, output: SnapshotOutput): Promise<void> {
  const start = table.hasLayout ? START.byLayout : START.parsedOnly;
  let separator = start;
  for (const [id, row] of table.committed()) {
    output.write(`${separator}${JSON.stringify(id)}: `);
    output.write(row.bytes);
    if (output.isFull) await output.flush();
    separator = ",\n  ";
  }
  output.write(separator === start ? "{}" : "\n}");
}
