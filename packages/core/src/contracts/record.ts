/** What a record may hold. Integers beyond 2^53 are `bigint`; all other numbers are `number`. */
export type JsonValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [field: string]: JsonValue };

/** A plain JSON object, under the field names it is stored with (snake_case, as in LightRAG). */
export type StorageRecord = Record<string, JsonValue>;

/** Records by id: an object, or any iterable of `[id, record]` pairs, such as a `Map`. */
export type Records<T extends object> =
  | Iterable<readonly [string, T]>
  // Not iterable, so that the compiler takes `upsert(items.map((item) => [id, record]))` for pairs.
  | { readonly [id: string]: T; readonly [Symbol.iterator]?: never };
