import type { TestProject } from "vitest/node";

import { LightRagMissingError, prepareLightRag } from "../src/lightrag-environment.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The Python that has LightRAG, or `null` where it cannot be had. */
    lightRagPython: string | null;
  }
}

/** Before the interop tests: gets Python LightRAG, or says loudly, first and last, that they are skipped. */
export default async function provideLightRag(project: TestProject): Promise<() => void> {
  try {
    project.provide("lightRagPython", await prepareLightRag(console.warn));
    return () => {};
  } catch (error) {
    if (!(error instanceof LightRagMissingError) || process.env["CI"]) throw error;
    project.provide("lightRagPython", null);
    const warn = (): void => console.warn(`\nSKIPPED: every test with Python LightRAG. ${error.message}\n`);
    warn();
    return warn;
  }
}
