import { afterEach } from "vitest";

import type { SharedBackend, SharedPlace } from "../src/backends.ts";

/**
 * Makes empty places for the tests around it, and removes them after each. Called before
 * `useLightRag`, since hooks run last to first: storages are closed before their places go.
 */
export function usePlaces({ place }: Pick<SharedBackend, "place">): () => Promise<SharedPlace> {
  const places: SharedPlace[] = [];
  afterEach(async () => {
    await Promise.all(places.splice(0).map(async (each) => each.remove()));
  });
  return async () => {
    const made = await place();
    places.push(made);
    return made;
  };
}
