import type { StorageType } from "@tetrad/core";
import { afterEach, beforeEach } from "vitest";

import type { SharedBackend, SharedPlace } from "../src/backends.ts";
import type { LightRag, LightRagStorages } from "../src/lightrag.ts";
import type { SharedContracts } from "../src/shared-contracts.ts";
import { DIMENSION, type SideOptions, tetrad } from "../src/sides.ts";
import { useLightRag } from "./use-lightrag.ts";

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
  const lightRag: () => LightRag = useLightRag(without);
  const places: SharedPlace[] = [];
  const ofTest = (): SharedPlace => {
    const [place] = places;
    if (place === undefined) throw new Error("A place is made before each test");
    return place;
  };
  const newPlace = async (): Promise<SharedPlace> => {
    const place = await backend.place();
    places.push(place);
    return place;
  };
  beforeEach(async () => {
    await newPlace();
  });
  afterEach(async () => {
    await lightRag().closeAll();
    await Promise.all(places.splice(0).map(async (place) => place.remove()));
  });
  return {
    newPlace,
    async python({ place = ofTest(), ...fields } = {}) {
      const { workingDir, env } = place;
      const shared = { ...options, ...fields, workingDir, env, dimension: DIMENSION };
      return lightRag().open(backend.type, backend.name, { ...shared, workspace: shared.workspace ?? "" });
    },
    async tetrad({ place = ofTest(), vectorsFile: _, ...fields } = {}) {
      return tetrad.open(backend, place, { ...options, ...fields });
    },
  };
}
