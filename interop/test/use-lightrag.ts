import { afterAll, afterEach, beforeAll, inject } from "vitest";

import { LightRag } from "../src/lightrag.ts";

/** Whether there is a Python LightRAG; where there is none, the run has said so already. */
export const hasLightRag = inject("lightRagPython") !== null;

/** Starts a Python LightRAG for the tests around it. */
export function useLightRag(without: readonly string[] = []): () => LightRag {
  let lightRag: LightRag | undefined;
  beforeAll(() => {
    const python = inject("lightRagPython");
    if (python !== null) lightRag = new LightRag(python, without);
  });
  afterEach(async () => lightRag?.closeAll());
  afterAll(async () => lightRag?.stop());
  return () => {
    if (lightRag === undefined) throw new Error("Python LightRAG is started before the first test");
    return lightRag;
  };
}
