import type { Storage, StorageContractTypes, StorageType } from "@tetrad/core";
import type { StorageImplementation } from "@tetrad/core/plugin";
import { openReference, type ReferencePlace, type TargetOptions } from "@tetrad/testkit";

import { guarded, type Mutant, type OpenFaulty, withFaults } from "./mutant.ts";

/** A fault that a storage of any kind can have. */
export interface LifecycleFault {
  readonly name: string;
  readonly what: string;
  /** Cases without the kind of storage: `drop`. */
  readonly caughtBy: readonly string[];
  readonly open: <Type extends StorageType>(
    type: Type,
    place: ReferencePlace,
    options: TargetOptions,
  ) => ReturnType<OpenFaulty<Type>>;
}

export const PREFIXES: Readonly<Record<StorageType, string>> = {
  KV_STORAGE: "kv",
  VECTOR_STORAGE: "vector",
  GRAPH_STORAGE: "graph",
  DOC_STATUS_STORAGE: "doc-status",
};

/** The fault as a mutant of one kind of storage. */
export function mutantOf<Type extends StorageType>(type: Type, fault: LifecycleFault): Mutant<Type> {
  const prefix = PREFIXES[type];
  return {
    id: `${prefix}/${fault.name}`,
    what: fault.what,
    caughtBy: fault.caughtBy.map((name) => `${prefix}/${name}`),
    open: (place, options) => fault.open(type, place, options),
  };
}

/** A guarded storage of any kind with other lifecycle methods. */
export function withLifecycle<Guarded extends Storage>(storage: Guarded, faults: Partial<Storage>): Guarded {
  return withFaults<Guarded, Storage>(storage, faults);
}

/** An implementation of any kind with other lifecycle methods. */
export function withSteps<Implementation extends StorageImplementation>(
  storage: Implementation,
  faults: Partial<StorageImplementation>,
): Implementation {
  return withFaults<Implementation, StorageImplementation>(storage, faults);
}

/** The guarded reference with a fault in what the guard does for storages of any kind. */
export function faultySession(plant: (storage: Storage) => Partial<Storage>): LifecycleFault["open"] {
  return (type, place, options) => {
    const storage = guarded(type, openReference(type, place, options), options);
    return withLifecycle<StorageContractTypes[typeof type]>(storage, plant(storage));
  };
}
