import { quoteIdentifier } from "../sql-text.js";
import type { TableUpgrade } from "./table-definition.js";

/** Early releases had times with a zone. The moment stays, as UTC. */
export function withoutZone(table: string, column: string, type = "timestamp(0)"): TableUpgrade {
  const name = quoteIdentifier(column);
  return {
    isNeeded: ({ columns }) => /with time zone/.test(columns.get(column) ?? ""),
    statements: [
      `ALTER TABLE ${quoteIdentifier(table)} ALTER COLUMN ${name} TYPE ${type} USING ${name} AT TIME ZONE 'UTC'`,
    ],
  };
}

/** LightRAG's own migration of such times leaves whole seconds, where its new tables have microseconds. */
export function withMicroseconds(table: string, column: string): TableUpgrade[] {
  return [
    withoutZone(table, column, "timestamp"),
    {
      isNeeded: ({ columns }) => columns.get(column) === "timestamp(0) without time zone",
      statements: [
        `ALTER TABLE ${quoteIdentifier(table)} ALTER COLUMN ${quoteIdentifier(column)} TYPE timestamp`,
      ],
    },
  ];
}

/** Widens a column that was shorter in early releases. @param length none for `text` */
export function longEnough(table: string, column: string, length?: number): TableUpgrade {
  const type = length === undefined ? "text" : `varchar(${length})`;
  return {
    isNeeded: ({ columns }) => {
      const limit = /^character varying\((\d+)\)$/.exec(columns.get(column) ?? "")?.[1];
      return limit !== undefined && Number(limit) < (length ?? Infinity);
    },
    statements: [
      `ALTER TABLE ${quoteIdentifier(table)} ALTER COLUMN ${quoteIdentifier(column)} TYPE ${type}`,
    ],
  };
}
