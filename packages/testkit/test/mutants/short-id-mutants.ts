import { InvalidRecordError } from "@tetrad/core";

import { type GraphMutant, faultyGraph, faultyGraphGuard } from "./graph-fault.ts";
import { faultyGuard } from "./mutant.ts";
import type { RecordFault, RecordGuardFault } from "./record-fault.ts";
import { faultyBuffer, type VectorMutant } from "./vector-fault.ts";

const CAPABILITIES = { maxIdBytes: 64 };

/** Faults of backends that say they have less room for ids than the contract gives. */
export const SHORT_ID_FAULTS: readonly RecordFault[] = [
  {
    name: "has-less-room-than-it-says",
    what: "the backend holds shorter ids than its capabilities say",
    caughtBy: ["hostile-ids"],
    plant: (storage) => ({
      capabilities: CAPABILITIES,
      async upsert(records) {
        for (const id of records.keys())
          if (Buffer.byteLength(id) > 32) throw new InvalidRecordError("the key is too long");
        await storage.upsert(records);
      },
    }),
  },
  {
    name: "asks-for-ids-it-cannot-hold",
    what: "an id that is too long for the backend is asked for all the same, and refused",
    caughtBy: ["too-long-for-the-backend"],
    plant: (storage) => ({
      capabilities: CAPABILITIES,
      async filterKeys(keys) {
        for (const key of keys)
          if (Buffer.byteLength(key) > CAPABILITIES.maxIdBytes) throw new InvalidRecordError("too long");
        return new Set(keys.filter((key) => !storage.rows.has(key)));
      },
    }),
  },
];

/** Faults in how the guard goes by what a backend says. */
export const SHORT_ID_GUARD_FAULTS: readonly RecordGuardFault[] = [
  {
    name: "takes-ids-that-are-too-long",
    what: "an id that is longer than the backend can hold is not refused",
    caughtBy: ["too-long-for-the-backend"],
    plant: (storage) => ({ capabilities: Object.freeze({ ...storage.capabilities, ...CAPABILITIES }) }),
  },
];

function refuseLongIds(ids: readonly string[]): void {
  for (const id of ids)
    if (Buffer.byteLength(id) > CAPABILITIES.maxIdBytes) throw new InvalidRecordError("the key is too long");
}

/** The same for vector storages. */
export const VECTOR_SHORT_ID_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/asks-for-ids-it-cannot-hold",
    what: "an id that is too long for the backend is asked for all the same, and refused",
    caughtBy: ["vector/too-long-for-the-backend"],
    open: faultyBuffer((storage) => ({
      capabilities: CAPABILITIES,
      async getByIds(ids) {
        refuseLongIds(ids);
        return storage.getByIds(ids);
      },
    })),
  },
  {
    id: "vector/deletes-ids-it-cannot-hold",
    what: "the delete of an id that is too long for the backend makes a commit fail",
    caughtBy: ["vector/too-long-for-the-backend"],
    open: faultyBuffer((storage) => {
      const deleted = new Set<string>();
      return {
        capabilities: CAPABILITIES,
        async delete(ids) {
          for (const id of ids) deleted.add(id);
          await storage.delete(ids);
        },
        async indexDoneCallback(options) {
          refuseLongIds([...deleted]);
          await storage.indexDoneCallback(options);
        },
      };
    }),
  },
  {
    id: "vector/takes-ids-that-are-too-long",
    what: "an id that is longer than the backend can hold is not refused",
    caughtBy: ["vector/too-long-for-the-backend"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      capabilities: Object.freeze({ ...storage.capabilities, ...CAPABILITIES }),
    })),
  },
];

/** The same for graph storages. */
export const GRAPH_SHORT_ID_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/asks-for-ids-it-cannot-hold",
    what: "an id that is too long for the backend is asked for all the same, and refused",
    caughtBy: ["graph/too-long-for-the-backend"],
    open: faultyGraph((storage) => ({
      capabilities: CAPABILITIES,
      async getNodesBatch(ids) {
        refuseLongIds(ids);
        return storage.getNodesBatch(ids);
      },
    })),
  },
  {
    id: "graph/takes-ids-that-are-too-long",
    what: "an id that is longer than the backend can hold is not refused",
    caughtBy: ["graph/too-long-for-the-backend"],
    open: faultyGraphGuard((storage) => ({
      capabilities: Object.freeze({ ...storage.capabilities, ...CAPABILITIES }),
    })),
  },
];
