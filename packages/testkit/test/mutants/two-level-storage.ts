import type { StorageType } from "@tetrad/core";
import type { RecordImplementation, StorageImplementationTypes } from "@tetrad/core/plugin";
import { openReference, ReferencePlace, type TargetOptions } from "@tetrad/testkit";

import { withSteps } from "./lifecycle-fault.ts";
import { collect, withFaults } from "./mutant.ts";

const BATCH = { batchSize: 100 };

/** Writes everything that one storage holds into another. */
const COPIERS: {
  readonly [Type in StorageType]: (
    from: StorageImplementationTypes[Type],
    to: StorageImplementationTypes[Type],
  ) => Promise<void>;
} = {
  KV_STORAGE: copyRecords,
  DOC_STATUS_STORAGE: copyRecords,
  async VECTOR_STORAGE(from, to) {
    await to.upsertVectors(await collect(from.entries(BATCH)));
    await to.indexDoneCallback?.({});
  },
  async GRAPH_STORAGE(from, to) {
    await to.upsertNodesBatch(await collect(from.nodes(BATCH)));
    await to.upsertEdgesBatch(await collect(from.edges(BATCH)));
  },
};

async function copyRecords<Row extends object>(
  from: RecordImplementation<Row, Row>,
  to: RecordImplementation<Row, Row>,
): Promise<void> {
  await to.upsert(new Map(await collect(from.entries(BATCH))));
}

/** What one workspace and namespace of a two-level storage consists of. */
class Levels {
  /** What is on the disk, so to speak. */
  readonly durable = new ReferencePlace();
  /** What the open instances share. */
  readonly working = new ReferencePlace();
  users = 0;
  loaded: Promise<void> = Promise.resolve();
  #last: Promise<void> = Promise.resolve();

  /** Runs one action after another. */
  inTurn(action: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(action);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** What a fault may change of a two-level storage. */
export interface TwoLevelFaults<Type extends StorageType = StorageType> {
  /** What reading from the durable level does to what was read. */
  readonly load?: (storage: StorageImplementationTypes[Type]) => Promise<void>;
  /** Around writing everything to the durable level at a commit. */
  readonly save?: (save: () => Promise<void>) => Promise<void>;
  /** Around deleting the durable level at a drop. */
  readonly drop?: (drop: () => Promise<void>) => Promise<void>;
  /** Each instance has a working level of its own. */
  readonly isPrivate?: boolean;
}

/**
 * The reference as a backend on files: its instances work on one copy in memory, which is read when
 * the first opens, written at commits, and gone when the last one closes.
 */
export function openTwoLevels<Type extends StorageType>(
  type: Type,
  place: ReferencePlace,
  options: TargetOptions,
  faults: TwoLevelFaults<Type> = {},
): StorageImplementationTypes[Type] {
  const {
    load = async () => {},
    save = (action) => action(),
    drop = (action) => action(),
    isPrivate = false,
  } = faults;
  const levels = place.state("levels", options, () => new Levels());
  const working = isPrivate ? new ReferencePlace() : levels.working;
  const storage = openReference(type, working, options);
  const file = openReference(type, levels.durable, options);
  const copy = COPIERS[type];
  const read = async (): Promise<void> => {
    // What a call left behind after the last instance was closed belongs to nobody.
    await storage.drop();
    await copy(file, storage);
    await load(storage);
  };
  return withSteps(storage, {
    async initialize(signal) {
      await file.initialize?.(signal);
      levels.users += 1;
      if (levels.users === 1 || isPrivate) levels.loaded = read();
      await levels.loaded;
      await storage.initialize?.(signal);
    },
    async indexDoneCallback(signal) {
      await storage.indexDoneCallback?.(signal);
      await save(() =>
        levels.inTurn(async () => {
          await file.drop();
          await copy(storage, file);
        }),
      );
    },
    async drop() {
      await storage.drop();
      await drop(() => levels.inTurn(async () => void (await file.drop())));
    },
    async finalize() {
      levels.users -= 1;
      if (levels.users === 0) await storage.drop();
    },
  });
}

/** Document status is durable when a write resolves: the same with a commit after each write. */
export function openDurableDocuments(
  place: ReferencePlace,
  options: TargetOptions,
  faults: TwoLevelFaults<"DOC_STATUS_STORAGE"> = {},
): StorageImplementationTypes["DOC_STATUS_STORAGE"] {
  const storage = openTwoLevels("DOC_STATUS_STORAGE", place, options, faults);
  const commit = async (): Promise<void> => storage.indexDoneCallback?.({});
  return withFaults(storage, {
    upsert: (records) => storage.upsert(records).then(commit),
    delete: (ids) => storage.delete(ids).then(commit),
  });
}
