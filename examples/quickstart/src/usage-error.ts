/** What the user named or set cannot be used; the message says why and what can. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
