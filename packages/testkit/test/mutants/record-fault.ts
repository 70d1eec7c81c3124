import type { DocStatusRecord, RecordStorage, StorageRecord } from "@tetrad/core";
import type {
  DocStatusStorageImplementation,
  KVStorageImplementation,
  RecordImplementation,
} from "@tetrad/core/plugin";
import {
  ReferenceDocStatusStorage,
  ReferenceKVStorage,
  type ReferencePlace,
  type TargetOptions,
} from "@tetrad/testkit";

import { PREFIXES } from "./lifecycle-fault.ts";
import { guarded, type Mutant, withFaults } from "./mutant.ts";

type Implementation<Row extends object> = RecordImplementation<Row, Row>;

/** The reference of records, as a fault sees it. */
export interface RowStorage<Row extends object> extends Implementation<Row> {
  readonly rows: Map<string, Row>;
}

interface NamedFault {
  readonly name: string;
  readonly what: string;
  /** Cases without the kind of storage: `upsert-replaces`. */
  readonly caughtBy: readonly string[];
}

/** A fault that key-value and document status storages can have alike. */
export interface RecordFault extends NamedFault {
  readonly plant: <Row extends object>(
    storage: RowStorage<Row>,
    options: TargetOptions,
    place: ReferencePlace,
  ) => Partial<Implementation<Row>>;
}

/** A fault in what the guard does for both. */
export interface RecordGuardFault extends NamedFault {
  readonly plant: <Input extends object, Stored extends object>(
    storage: RecordStorage<Input, Stored>,
    implementation: RecordImplementation<Input, Stored>,
  ) => Partial<RecordStorage<Input, Stored>>;
}

export type RecordType = "KV_STORAGE" | "DOC_STATUS_STORAGE";

/** The reference of a kind of storage that holds records, with a fault. */
const OPENERS: {
  readonly [Type in RecordType]: (plant: RecordFault["plant"]) => Mutant<Type>["open"];
} = {
  KV_STORAGE: (plant) => (place, options) => {
    const storage = new ReferenceKVStorage(place, options);
    return withFaults<KVStorageImplementation, Implementation<StorageRecord>>(
      storage,
      plant<StorageRecord>(storage, options, place),
    );
  },
  DOC_STATUS_STORAGE: (plant) => (place, options) => {
    const storage = new ReferenceDocStatusStorage(place, options);
    return withFaults<DocStatusStorageImplementation, Implementation<DocStatusRecord>>(
      storage,
      plant<DocStatusRecord>(storage, options, place),
    );
  },
};

const GUARDED_OPENERS: {
  readonly [Type in RecordType]: (plant: RecordGuardFault["plant"]) => Mutant<Type>["open"];
} = {
  KV_STORAGE: (plant) => (place, options) => {
    const implementation = new ReferenceKVStorage(place, options);
    const storage = guarded("KV_STORAGE", implementation, options);
    return withFaults(storage, plant(storage, implementation));
  },
  DOC_STATUS_STORAGE: (plant) => (place, options) => {
    const implementation = new ReferenceDocStatusStorage(place, options);
    const storage = guarded("DOC_STATUS_STORAGE", implementation, options);
    return withFaults(storage, plant(storage, implementation));
  },
};

/** The mutants that faults make of one kind of storage. */
export function recordMutants<Type extends RecordType>(
  type: Type,
  faults: readonly RecordFault[],
): Mutant<Type>[] {
  return faults.map((fault) => ({ ...described(type, fault), open: OPENERS[type](fault.plant) }));
}

/** The same, of faults in the guard. */
export function recordGuardMutants<Type extends RecordType>(
  type: Type,
  faults: readonly RecordGuardFault[],
): Mutant<Type>[] {
  return faults.map((fault) => ({ ...described(type, fault), open: GUARDED_OPENERS[type](fault.plant) }));
}

function described(
  type: RecordType,
  { name, what, caughtBy }: NamedFault,
): Pick<Mutant, "id" | "what" | "caughtBy"> {
  const prefix = PREFIXES[type];
  return { id: `${prefix}/${name}`, what, caughtBy: caughtBy.map((each) => `${prefix}/${each}`) };
}
