import { setOwnField } from "@tetrad/core/plugin";

/** A float of Python, where JSON's number would become an `int`. */
export class PythonFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A tuple of Python, where a list will not do. */
export class PythonTuple {
  readonly items: readonly unknown[];
  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

/** A position in LightRAG's page sweeps: the start, the end, or after what the opaque text names. */
export type PythonCursor = "start" | "end" | { readonly after: string };

/** A status as LightRAG's enum, where its methods take no string. */
export class PythonStatus {
  readonly value: string;
  constructor(value: string) {
    this.value = value;
  }
}

export class PythonCursorValue {
  readonly position: PythonCursor;
  constructor(position: PythonCursor) {
    this.position = position;
  }
}

/** A value with the tags that Python's side knows, ready to become JSON. */
export function toWire(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof PythonFloat) return { $float: String(value.value) };
  if (value instanceof PythonTuple) return { $tuple: value.items.map(toWire) };
  if (value instanceof PythonStatus) return { $status: value.value };
  if (value instanceof PythonCursorValue) return { $cursor: value.position };
  if (value instanceof Map) return { $map: Array.from(value, ([key, item]) => [toWire(key), toWire(item)]) };
  if (value instanceof Set) return { $set: Array.from(value, toWire) };
  if (Array.isArray(value)) return value.map(toWire);
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array);
  // As pairs: names that look like tags, and the order of names that look like integers, survive.
  return {
    $object: Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([field, item]) => [field, toWire(item)]),
  };
}

/** The value that Python's side sent: dicts with keys that are no strings are maps. */
export function fromWire(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(fromWire);
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined) {
    const [tag, content] = first;
    switch (tag) {
      case "$map":
        return new Map(
          (content as [unknown, unknown][]).map(([key, item]) => [fromWire(key), fromWire(item)]),
        );
      case "$object":
        return objectOf(content as [string, unknown][]);
      case "$set":
        return new Set((content as unknown[]).map(fromWire));
      case "$cursor":
        return new PythonCursorValue(content as PythonCursor);
    }
  }
  return objectOf(entries);
}

function objectOf(entries: readonly [string, unknown][]): object {
  const object = {};
  for (const [field, item] of entries) setOwnField(object, field, fromWire(item));
  return object;
}
