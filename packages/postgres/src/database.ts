/** A row as PostgreSQL prints it: every value is text. */
export type Row = Readonly<Record<string, string | null>>;

/**
 * A value of a statement, which says the type of each: `$1::text`, `$2::text::integer`, of a list of
 * texts `$3::text[]`, of a vector `$4::vector`, and of many `$5::vector[]`.
 */
export type Value = string | number | null | readonly (string | null)[] | Float32Array | VectorList;

/** Vectors as one value. */
export class VectorList {
  readonly vectors: readonly Float32Array[];
  /** The number that the type `vector` has in the database. */
  readonly typeId: number;

  constructor(vectors: readonly Float32Array[], typeId: number) {
    this.vectors = vectors;
    this.typeId = typeId;
  }
}

/** One connection, for as long as a transaction lasts. */
export interface Session {
  /** Runs one statement. */
  query(text: string, values?: readonly Value[]): Promise<Row[]>;
  /** Runs several statements that have no values, in one round trip. */
  run(script: string): Promise<void>;
}

/**
 * A database, served or embedded: what the storages work with. Statements and transactions are
 * repeated when they fail for a reason that passes, so each has to be one that may run twice.
 */
export interface Database extends Session {
  /** The version of PostgreSQL as a number: 170011. */
  readonly version: number;
  /** Whether statements of two sessions run side by side. */
  readonly isConcurrent: boolean;
  /** How many sessions this process may have at once. */
  readonly mostConnections: number;
  /** How many statements of one call are sent side by side: while the server writes one, the next is made. */
  readonly writesAtOnce: number;
  /**
   * @param setUp statements without values that come first, in the same round trip as `BEGIN`
   */
  transaction<T>(action: (session: Session) => Promise<T>, setUp?: string): Promise<T>;
  /** Takes note of rows that were written to a table, for the planner's sake. */
  written(table: string, rows: number): void;
  /** Not in a transaction and not repeated: for statements that allow neither. */
  runAlone(statement: string): Promise<void>;
  close(): Promise<void>;
}
