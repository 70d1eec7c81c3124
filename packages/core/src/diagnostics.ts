import { channel } from "node:diagnostics_channel";

/** What a message on one of the channels says. No record content is in it. */
export interface StorageEvent {
  readonly storage: string;
  readonly workspace: string;
  readonly namespace: string;
  readonly durationMs: number;
  /** Rows, queries or texts it was about, where that is known. */
  readonly count?: number;
  /** Code of the error it ended with, if it failed. */
  readonly errorCode?: string;
}

const channels = {
  commit: channel("tetrad:commit"),
  query: channel("tetrad:query"),
  embed: channel("tetrad:embed"),
  lock: channel("tetrad:lock"),
  publish: channel("tetrad:publish"),
};

export type StorageEventName = keyof typeof channels;

/** Runs an action and reports it on `tetrad:<name>`, if anybody listens. */
export async function reportEvent<T>(
  name: StorageEventName,
  event: Omit<StorageEvent, "durationMs" | "errorCode">,
  action: () => Promise<T>,
): Promise<T> {
  const target = channels[name];
  if (!target.hasSubscribers) return action();
  const start = performance.now();
  try {
    const result = await action();
    target.publish({ ...event, durationMs: performance.now() - start } satisfies StorageEvent);
    return result;
  } catch (error) {
    const errorCode = error instanceof Error && "code" in error ? String(error.code) : "UNKNOWN";
    target.publish({ ...event, durationMs: performance.now() - start, errorCode } satisfies StorageEvent);
    throw error;
  }
}
