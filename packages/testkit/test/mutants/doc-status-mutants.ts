import type { StorageRecord } from "@tetrad/core";
import { type DocStatusStorageImplementation, isDocStatus } from "@tetrad/core/plugin";

import {
  type DocStatusMutant,
  faultyDocumentGuard,
  faultyDocuments,
  storingDocuments,
} from "./doc-status-fault.ts";
import { nextTurn, withFaults, without, pairsOf } from "./mutant.ts";
import { openDurableDocuments, openTwoLevels } from "./two-level-storage.ts";

const FIELD_MUTANTS: readonly DocStatusMutant[] = [
  {
    id: "doc-status/times-with-z",
    what: "times end in Z and have milliseconds",
    caughtBy: ["doc-status/defaults"],
    open: storingDocuments(({ updated_at }) => ({ updated_at: new Date(updated_at).toISOString() })),
  },
  {
    id: "doc-status/local-times",
    what: "times are those of the place the server stands at",
    caughtBy: ["doc-status/defaults"],
    open: storingDocuments(({ created_at }) => ({
      created_at: created_at.replace(/T\d\d/, (hour) => (hour < "T12" ? "T23" : "T01")),
    })),
  },
  {
    id: "doc-status/fills-columns",
    what: "fields that a document does not have come back as null",
    caughtBy: ["doc-status/defaults"],
    open: storingDocuments(({ track_id = null }) => ({ track_id })),
  },
  {
    id: "doc-status/another-default-path",
    what: "a document without a path has another name for it than LightRAG's",
    caughtBy: ["doc-status/defaults"],
    open: storingDocuments(({ file_path }) => ({
      file_path: file_path === "no-file-path" ? "unknown_source" : file_path,
    })),
  },
  {
    id: "doc-status/known-columns-only",
    what: "fields that LightRAG does not know are dropped",
    caughtBy: ["doc-status/fields-are-kept"],
    open: faultyDocuments((storage) => ({
      async upsert(records) {
        for (const [id, { our_own: _, ...known }] of records) await storage.upsert(new Map([[id, known]]));
      },
    })),
  },
  {
    id: "doc-status/metadata-as-text",
    what: "the backend gives metadata as the JSON text it keeps it in",
    caughtBy: ["doc-status/fields-are-kept"],
    open: storingDocuments(({ metadata }) => ({ metadata: { json: JSON.stringify(metadata) } })),
  },
  {
    id: "doc-status/entries-without-lists",
    what: "entries leaves out the chunks of a document",
    caughtBy: ["doc-status/fields-are-kept"],
    open: faultyDocuments((storage) => ({
      async *entries(options) {
        for await (const [id, document] of storage.entries(options))
          yield [id, { ...document, chunks_list: [] }];
      },
    })),
  },
  {
    id: "doc-status/created-at-of-the-last-write",
    what: "the backend says that it keeps created_at, and does not",
    caughtBy: ["doc-status/created-at-never-changes"],
    open: faultyDocuments(() => ({ capabilities: { keepsCreationTime: true } })),
  },
  {
    id: "doc-status/created-at-can-be-given-again",
    what: "a created_at in a later write takes the place of the first",
    caughtBy: ["doc-status/created-at-never-changes"],
    open: faultyDocumentGuard((storage) => ({
      async upsert(records) {
        const pairs = pairsOf(records);
        const moved = pairs.filter(([, { created_at }]) => created_at?.startsWith("2030") === true);
        await storage.delete(moved.map(([id]) => id));
        await storage.upsert(pairs);
      },
    })),
  },
  {
    id: "doc-status/created-at-for-ever",
    what: "a deleted document leaves its created_at to the next one of its id",
    caughtBy: ["doc-status/created-at-never-changes"],
    open: faultyDocuments((storage) => {
      const created = new Map<string, string>();
      return {
        async upsert(records) {
          await storage.upsert(records);
          for (const [id, document] of storage.rows) {
            const created_at = created.get(id) ?? document.created_at;
            created.set(id, created_at);
            storage.rows.set(id, { ...document, created_at });
          }
        },
      };
    }),
  },
];

const STATUS_MUTANTS: readonly DocStatusMutant[] = [
  {
    id: "doc-status/takes-any-status",
    what: "a status that there is not is stored as pending",
    caughtBy: ["doc-status/unknown-status"],
    open: faultyDocumentGuard((storage) => ({
      async upsert(records) {
        const pairs = pairsOf(records);
        await storage.upsert(
          pairs.map(([id, { status, ...others }]) => {
            return [id, { ...others, status: isDocStatus(status) ? status : "pending" }] as const;
          }),
        );
      },
    })),
  },
  {
    id: "doc-status/knows-old-statuses",
    what: "the backend's list of statuses is that of an older release",
    caughtBy: ["doc-status/unknown-status"],
    open: faultyDocuments((storage) => ({
      async upsert(records) {
        for (const { status } of records.values())
          if (status === "analyzing") throw new Error("violates check constraint");
        await storage.upsert(records);
      },
    })),
  },
  {
    id: "doc-status/one-status-for-two",
    what: "parsing and analyzing are stored as processing",
    caughtBy: ["doc-status/unknown-status"],
    open: storingDocuments(({ status }) => ({
      status: status === "parsing" || status === "analyzing" ? "processing" : status,
    })),
  },
];

const DURABILITY_MUTANTS: readonly DocStatusMutant[] = [
  {
    id: "doc-status/durable-at-the-commit",
    what: "writes are durable at indexDoneCallback only",
    caughtBy: ["doc-status/durable-at-once"],
    open: (place, options) => openTwoLevels("DOC_STATUS_STORAGE", place, options),
  },
  {
    id: "doc-status/updates-in-memory",
    what: "an update of fields is not durable before the commit",
    caughtBy: ["doc-status/durable-at-once"],
    open(place, options) {
      const storage = openDurableDocuments(place, options);
      const memory = openTwoLevels("DOC_STATUS_STORAGE", place, options);
      return withFaults<DocStatusStorageImplementation>(storage, {
        async updateDocStatusFields(id, fields) {
          const [document] = await storage.getByIds([id]);
          if (document) await memory.upsert(new Map([[id, { ...document, ...fields }]]));
        },
      });
    },
  },
  {
    id: "doc-status/deletes-in-memory",
    what: "a delete is not durable before the commit",
    caughtBy: ["doc-status/durable-at-once"],
    open(place, options) {
      const storage = openDurableDocuments(place, options);
      const memory = openTwoLevels("DOC_STATUS_STORAGE", place, options);
      return withFaults<DocStatusStorageImplementation>(storage, { delete: (ids) => memory.delete(ids) });
    },
  },
];

/** Fields of an update changed before they are checked. */
function updating(change: (fields: StorageRecord) => StorageRecord): DocStatusMutant["open"] {
  return faultyDocumentGuard((storage) => ({
    updateDocStatusFields: (id, fields, options) =>
      storage.updateDocStatusFields(id, change(fields), options),
  }));
}

const UPDATE_MUTANTS: readonly DocStatusMutant[] = [
  {
    id: "doc-status/update-replaces",
    what: "an update leaves only the given fields",
    caughtBy: ["doc-status/update-fields"],
    open: faultyDocuments((storage) => ({
      async updateDocStatusFields(id, fields) {
        const stored = storage.rows.get(id);
        if (stored === undefined) return;
        const { status, created_at } = stored;
        await storage.upsert(new Map([[id, { status, created_at, ...fields }]]));
      },
    })),
  },
  {
    id: "doc-status/update-merges-metadata",
    what: "an update merges objects instead of replacing them",
    caughtBy: ["doc-status/update-fields"],
    open: faultyDocuments((storage) => ({
      async updateDocStatusFields(id, fields) {
        const stored = storage.rows.get(id);
        if (stored === undefined) throw new Error("not found");
        const metadata = Object.assign({}, stored.metadata, fields["metadata"]);
        storage.rows.set(id, { ...stored, ...fields, metadata });
      },
    })),
  },
  {
    id: "doc-status/update-stamps",
    what: "an update sets updated_at, which is the caller's",
    caughtBy: ["doc-status/update-fields"],
    open: updating((fields) => ({ ...fields, updated_at: new Date().toISOString() })),
  },
  {
    id: "doc-status/update-drops-created-at",
    what: "created_at among the fields of an update is left out in silence",
    caughtBy: ["doc-status/update-refuses"],
    open: updating((fields) => without(fields, "created_at")),
  },
  {
    id: "doc-status/update-to-any-status",
    what: "an update does not check the status",
    caughtBy: ["doc-status/update-refuses"],
    open: updating((fields) => (fields["status"] === "done" ? { ...fields, status: "processed" } : fields)),
  },
  {
    id: "doc-status/update-drops-what-is-no-json",
    what: "an update leaves fields out that cannot be stored",
    caughtBy: ["doc-status/update-refuses"],
    open: updating((fields) =>
      Object.fromEntries(Object.entries(fields).filter(([, value]) => !Number.isNaN(value))),
    ),
  },
  {
    id: "doc-status/update-of-nothing-resolves",
    what: "an update of an unknown document resolves",
    caughtBy: ["doc-status/update-refuses"],
    open: faultyDocumentGuard((storage) => ({
      updateDocStatusFields: (id, fields) => storage.updateDocStatusFields(id, fields, { missingOk: true }),
    })),
  },
  {
    id: "doc-status/update-makes-documents",
    what: "an update of an unknown document makes one",
    caughtBy: ["doc-status/update-refuses"],
    open: faultyDocumentGuard((storage) => ({
      async updateDocStatusFields(id, fields, options) {
        if (options?.missingOk === true) await storage.upsert({ [id]: { status: "failed", ...fields } });
        else await storage.updateDocStatusFields(id, fields, options);
      },
    })),
  },
  {
    id: "doc-status/update-without-a-lock",
    what: "an update reads, and writes back later what it read",
    caughtBy: ["doc-status/parallel-updates"],
    open: faultyDocuments((storage) => ({
      async updateDocStatusFields(id, fields) {
        const stored = storage.rows.get(id);
        await nextTurn();
        if (stored !== undefined) storage.rows.set(id, { ...stored, ...fields });
      },
    })),
  },
];

/** Faults in what becomes of a document's fields. */
export const DOC_STATUS_MUTANTS: readonly DocStatusMutant[] = [
  ...FIELD_MUTANTS,
  ...STATUS_MUTANTS,
  ...DURABILITY_MUTANTS,
  ...UPDATE_MUTANTS,
];
