import { type OpenedStorages, openStorages, type OpenStoragesOptions } from "@tetrad/core";

import { TextEmbedding } from "./text-embedding.js";

/** Opens the workspace `demo` of a folder, as all programs of this package do. */
export function openDemo(
  workingDir: string,
  env: Readonly<Record<string, string>> = {},
  options: Partial<OpenStoragesOptions> & { readonly [option: symbol]: unknown } = {},
): Promise<OpenedStorages> {
  return openStorages({
    workingDir,
    workspace: "demo",
    embedding: new TextEmbedding(),
    env,
    resolveFrom: import.meta.url,
    ...options,
  });
}
