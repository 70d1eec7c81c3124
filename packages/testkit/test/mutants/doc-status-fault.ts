import type { DocStatusRecord, DocStatusStorage } from "@tetrad/core";
import { compareByCreation, type DocStatusStorageImplementation } from "@tetrad/core/plugin";
import { ReferenceDocStatusStorage } from "@tetrad/testkit";

import { faultyGuard, type Mutant, type OpenFaulty, withFaults } from "./mutant.ts";

export type DocStatusMutant = Mutant<"DOC_STATUS_STORAGE">;
type Open = OpenFaulty<"DOC_STATUS_STORAGE">;

/** The reference with a fault in how it stores and looks up documents. */
export function faultyDocuments(
  plant: (storage: ReferenceDocStatusStorage) => Partial<DocStatusStorageImplementation>,
): Open {
  return (place, options) => {
    const storage = new ReferenceDocStatusStorage(place, options);
    return withFaults<DocStatusStorageImplementation>(storage, plant(storage));
  };
}

/** The guarded reference with a fault in what the guard adds. */
export function faultyDocumentGuard(plant: (storage: DocStatusStorage) => Partial<DocStatusStorage>): Open {
  return faultyGuard("DOC_STATUS_STORAGE", plant);
}

/** The reference with documents changed on their way in. */
export function storingDocuments(
  change: (document: DocStatusRecord, id: string) => Partial<DocStatusRecord>,
): Open {
  return faultyDocuments((storage) => ({
    async upsert(records) {
      await storage.upsert(records);
      for (const id of records.keys()) {
        const stored = storage.rows.get(id);
        if (stored !== undefined) storage.rows.set(id, { ...stored, ...change(stored, id) });
      }
    },
  }));
}

/** Copies of the documents for which a condition holds, in the order they are stored in. */
export function selectDocuments(
  { rows }: ReferenceDocStatusStorage,
  condition: (document: DocStatusRecord, id: string) => boolean,
): [string, DocStatusRecord][] {
  return structuredClone([...rows].filter(([id, document]) => condition(document, id)));
}

/** The same, earliest first. */
export function selectEarliest(
  storage: ReferenceDocStatusStorage,
  condition: (document: DocStatusRecord, id: string) => boolean,
): [string, DocStatusRecord][] {
  return selectDocuments(storage, condition).sort(compareByCreation);
}
