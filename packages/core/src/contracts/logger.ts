export type LogFields = Readonly<Record<string, unknown>>;

/** Where the storages report what is not an error. No message holds record content or a secret. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
