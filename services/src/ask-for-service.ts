import { inject } from "vitest";

import type { ServiceName } from "./services.js";

/**
 * The server that the test files of a run share, started when the first one asks.
 *
 * @returns its variables; `null` where it cannot be had, which the run reports (in CI: an error)
 */
export async function askForService(name: ServiceName): Promise<Readonly<Record<string, string>> | null> {
  const response = await fetch(`${inject("serviceHost")}/${encodeURIComponent(name)}`);
  if (!response.ok) throw new Error(await response.text());
  const { env } = (await response.json()) as { env?: Record<string, string> };
  return env ?? null;
}
