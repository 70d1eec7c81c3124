/** Entries by a value that they share. One that shares it with none costs no set. */
export class EntriesByValue<Entry extends object> {
  readonly #byValue = new Map<string, Entry | Set<Entry>>();

  add(value: string | null, entry: Entry): void {
    if (value === null) return;
    const known = this.#byValue.get(value);
    if (known === undefined) this.#byValue.set(value, entry);
    else if (known instanceof Set) known.add(entry);
    else if (known !== entry) this.#byValue.set(value, new Set([known, entry]));
  }

  delete(value: string | null, entry: Entry): void {
    if (value === null) return;
    const known = this.#byValue.get(value);
    if (known instanceof Set) known.delete(entry);
    if (known === entry || (known instanceof Set && known.size === 0)) this.#byValue.delete(value);
  }

  /** In no particular order. */
  get(value: string): Iterable<Entry> {
    const known = this.#byValue.get(value);
    if (known === undefined) return [];
    return known instanceof Set ? known : [known];
  }

  count(value: string): number {
    const known = this.#byValue.get(value);
    return known instanceof Set ? known.size : Number(known !== undefined);
  }
}
