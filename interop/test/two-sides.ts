import type { StorageType } from "@tetrad/core";
import { beforeEach } from "vitest";

import type { SharedBackend, SharedPlace } from "../src/backends.ts";
import type { LightRagStorages } from "../src/lightrag.ts";
import type { SharedContracts } from "../src/shared-contracts.ts";
import { DIMENSION, type SideOptions, tetrad, workspaceIn } from "../src/sides.ts";
import { useLightRag } from "./use-lightrag.ts";
import { usePlaces } from "./use-places.ts";

/** Python and Tetrad on places of their own, or on one, for the tests around it. */
export interface TwoSides<Type extends StorageType> {
  /** Opens it in Python, on the given place or on the one place of the test. */
  python(fields?: OpenOptions): Promise<LightRagStorages[Type]>;
  tetrad(fields?: OpenOptions): Promise<SharedContracts[Type]>;
  /** A place that only this test has. */
  newPlace(): Promise<SharedPlace>;
}

export interface OpenOptions extends Partial<SideOptions> {
  readonly place?: SharedPlace;
  readonly vectorsFile?: string;
}

export function useTwoSides<Type extends StorageType>(
  backend: SharedBackend<Type>,
  options: SideOptions,
  without: readonly string[] = [],
): TwoSides<Type> {
  const newPlace = usePlaces(backend);
  const lightRag = useLightRag(without);
  let placeOfTest: SharedPlace;
  beforeEach(async () => {
    placeOfTest = await newPlace();
  });
  return {
    newPlace,
    async python({ place = placeOfTest, ...fields } = {}) {
      const { workingDir, env } = place;
      const shared = { ...options, ...fields, workingDir, env, dimension: DIMENSION };
      return lightRag().open(backend.type, backend.name, {
        ...shared,
        workspace: workspaceIn(place, shared.workspace),
      });
    },
    async tetrad({ place = placeOfTest, vectorsFile: _, ...fields } = {}) {
      return tetrad.open(backend, place, { ...options, ...fields });
    },
  };
}
