/** Rows written to a table before it is looked at first; then twice as many each time. */
const FIRST_ROWS = 1000;

/**
 * Keeps the planner's figures of tables that grow: autovacuum comes a minute later, and to an embedded
 * database never. Until then a table just loaded is taken for a small one.
 */
export class TableStatistics {
  readonly #analyze: (table: string) => Promise<void>;
  readonly #tables = new Map<string, { written: number; next: number }>();
  #running: Promise<void> = Promise.resolve();

  constructor(analyze: (table: string) => Promise<void>) {
    this.#analyze = analyze;
  }

  written(table: string, rows: number): void {
    const known = this.#tables.get(table) ?? { written: 0, next: FIRST_ROWS };
    this.#tables.set(table, known);
    known.written += rows;
    if (known.written < known.next) return;
    while (known.next <= known.written) known.next *= 2;
    // Where it fails, as without the rights, statements are planned as they were before.
    this.#running = this.#running.then(() => this.#analyze(table)).catch(() => {});
  }

  /** Resolves when nothing runs any more. */
  idle(): Promise<void> {
    return this.#running;
  }
}
