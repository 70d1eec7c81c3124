/** A table as it has to be: what is missing is made, what else is there stays. */
export interface TableDefinition {
  readonly name: string;
  /** `[name, type with its default]`, in the order of creation. */
  readonly columns: readonly (readonly [name: string, type: string])[];
  /** Without it no upsert works. */
  readonly primaryKey: { readonly name: string; readonly columns: readonly string[] };
  /** `[name, what stands after "ON table"]`. */
  readonly indexes: readonly (readonly [name: string, definition: string])[];
  /** Statements that belong to the table when it is new, such as foreign keys. */
  readonly constraints?: readonly string[];
  /** What older releases of LightRAG left in another form. */
  readonly upgrades?: readonly TableUpgrade[];
}

/** A change of a table that an older release made. */
export interface TableUpgrade {
  isNeeded(table: TableState): boolean;
  readonly statements: readonly string[];
  /** Whether the statements drop the key: the right one is made after them. */
  readonly dropsKey?: boolean;
}

/** A table as it is. */
export interface TableState {
  readonly exists: boolean;
  /** Types by column, as `format_type` prints them. */
  readonly columns: ReadonlyMap<string, string>;
  readonly indexes: ReadonlyMap<string, { readonly isValid: boolean }>;
  /** Its columns; none where there is no key. */
  readonly primaryKey: readonly string[];
  /** By name. */
  readonly foreignKeys: ReadonlySet<string>;
  readonly bytes: number;
}
