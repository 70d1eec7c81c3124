/** Sets a field as data. Plain assignment to `__proto__` would change the object's prototype instead. */
export function setOwnField(object: object, field: string, value: unknown): void {
  if (field === "__proto__") {
    Object.defineProperty(object, field, { value, writable: true, enumerable: true, configurable: true });
  } else {
    (object as Record<string, unknown>)[field] = value;
  }
}
