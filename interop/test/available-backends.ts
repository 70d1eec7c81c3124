import type { StorageType } from "@tetrad/core";
import { askForService } from "@tetrad/services/vitest";

import type { SharedBackend } from "../src/backends.ts";

/** Those whose server can be had; about the others the run says so itself. */
export async function availableBackends<Type extends StorageType>(
  backends: readonly SharedBackend<Type>[],
): Promise<SharedBackend<Type>[]> {
  const available: SharedBackend<Type>[] = [];
  for (const backend of backends) {
    if (backend.service === undefined || (await askForService(backend.service)) !== null)
      available.push(backend);
  }
  return available;
}
