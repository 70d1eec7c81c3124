import { createStorage, type StorageType } from "@tetrad/core";
import { TestEmbedding } from "@tetrad/testkit";

import type { SharedBackend, SharedPlace } from "./backends.js";
import type { LightRag } from "./lightrag.js";
import type { SharedContracts } from "./shared-contracts.js";

export interface SideOptions {
  readonly namespace: string;
  readonly workspace?: string | undefined;
  readonly metaFields?: readonly string[] | undefined;
  readonly cosineThreshold?: number | undefined;
}

/** Python LightRAG or Tetrad, opening storages on a place that both can reach. */
export interface Side {
  readonly name: "Python" | "Tetrad";
  open<Type extends StorageType>(
    backend: SharedBackend<Type>,
    place: SharedPlace,
    options: SideOptions,
  ): Promise<SharedContracts[Type]>;
}

export const DIMENSION = 24;

/** What is taken out of hostile texts is logged, and expected. */
const silence = { debug() {}, info() {}, warn() {}, error() {} };

/** Tetrad through the front door, with the embedding that Python has too. */
export const tetrad: Side = {
  name: "Tetrad",
  async open<Type extends StorageType>(
    { type, name }: SharedBackend<Type>,
    place: SharedPlace,
    options: SideOptions,
  ): Promise<SharedContracts[Type]> {
    const { workingDir, env = {} } = place;
    const storage = await createStorage(type, name, {
      ...options,
      workspace: workspaceIn(place, options.workspace),
      workingDir,
      env,
      embedding: new TestEmbedding(DIMENSION),
      resolveFrom: import.meta.url,
      logger: silence,
    });
    return storage as SharedContracts[StorageType] as SharedContracts[Type];
  },
};

/** The workspace in which a place keeps one of the tests'. */
export function workspaceIn({ workspaceFor }: SharedPlace, workspace = ""): string {
  return workspaceFor === undefined ? workspace : workspaceFor(workspace);
}

export function pythonSide(lightRag: LightRag): Side {
  return {
    name: "Python",
    async open<Type extends StorageType>(
      { type, name }: SharedBackend<Type>,
      place: SharedPlace,
      options: SideOptions,
    ): Promise<SharedContracts[Type]> {
      const { workingDir, env } = place;
      const shared = {
        ...options,
        workspace: workspaceIn(place, options.workspace),
        workingDir,
        env,
        dimension: DIMENSION,
      };
      const storage = await lightRag.open(type, name, shared);
      return storage as SharedContracts[StorageType] as SharedContracts[Type];
    },
  };
}
