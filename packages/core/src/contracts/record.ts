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
export type Records<T extends object> = Readonly<Record<string, T>> | Iterable<readonly [string, T]>;
