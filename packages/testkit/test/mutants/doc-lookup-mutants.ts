import type { DocStatusRecord } from "@tetrad/core";
import { isDuplicate } from "@tetrad/core/plugin";
import type { ReferenceDocStatusStorage } from "@tetrad/testkit";

import {
  type DocStatusMutant,
  faultyDocumentGuard,
  faultyDocuments,
  selectDocuments,
  selectEarliest,
} from "./doc-status-fault.ts";

type Condition = (document: DocStatusRecord, id: string) => boolean;

const TRACK_MUTANTS: readonly DocStatusMutant[] = [
  {
    id: "doc-status/track-of-one",
    what: "a track gives its first document only",
    caughtBy: ["doc-status/by-track-id"],
    open: faultyDocumentGuard((storage) => ({
      getDocsByTrackId: async (id) => new Map([...(await storage.getDocsByTrackId(id))].slice(0, 1)),
    })),
  },
  {
    id: "doc-status/tracks-that-begin-alike",
    what: "a track gives documents of tracks that begin like it",
    caughtBy: ["doc-status/by-track-id"],
    open: faultyDocuments((storage) => ({
      getDocsByTrackId: async (trackId) =>
        new Map(
          selectDocuments(storage, ({ track_id }) => track_id?.startsWith(trackId.slice(0, 1)) === true),
        ),
    })),
  },
  {
    id: "doc-status/track-of-nothing",
    what: "no track at all gives the documents without one",
    caughtBy: ["doc-status/by-track-id"],
    open: faultyDocumentGuard((storage) => ({
      getDocsByTrackId: async (id) => (id === undefined ? new Map() : storage.getDocsByTrackId(id)),
    })),
  },
  {
    id: "doc-status/documents-in-storage-order",
    what: "getDocsByIds gives documents in the order they are stored in",
    caughtBy: ["doc-status/by-ids"],
    open: faultyDocumentGuard((storage) => ({
      getDocsByIds: async (ids) => new Map([...(await storage.getDocsByIds(ids))].reverse()),
    })),
  },
  {
    id: "doc-status/absent-documents-are-null",
    what: "getDocsByIds has null for absent documents",
    caughtBy: ["doc-status/by-ids"],
    open: faultyDocumentGuard((storage) => ({
      async getDocsByIds(ids) {
        const asked = [...ids];
        const found = await storage.getDocsByIds(asked);
        return new Map(asked.map((id) => [id, found.get(id) ?? (null as never)]));
      },
    })),
  },
];

/** A text as SQL's LIKE reads it. */
function likePattern(text: string): RegExp {
  const escaped = text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("%", ".*").replaceAll("_", ".")}$`, "s");
}

/** A look-up by path that goes by other rules. */
function byPath(condition: (path: string) => Condition): DocStatusMutant["open"] {
  return faultyDocuments((storage) => ({
    getDocByFilePath: async (path) => selectEarliest(storage, condition(path))[0]?.[1] ?? null,
  }));
}

function byBasename(condition: (name: string) => Condition): DocStatusMutant["open"] {
  return faultyDocuments((storage) => ({
    getDocByFileBasename: async (name) => selectEarliest(storage, condition(name))[0] ?? null,
  }));
}

const FILE_MUTANTS: readonly DocStatusMutant[] = [
  {
    id: "doc-status/path-without-duplicates",
    what: "the look-up by path leaves out documents that are marked as duplicates",
    caughtBy: ["doc-status/by-file"],
    open: byPath((path) => (document) => document.file_path === path && !isDuplicate(document)),
  },
  {
    id: "doc-status/path-of-part",
    what: "the look-up by path finds paths that hold the text",
    caughtBy: ["doc-status/by-file"],
    open: byPath(
      (path) =>
        ({ file_path }) =>
          file_path.includes(path),
    ),
  },
  {
    id: "doc-status/path-as-pattern",
    what: "the look-up by path takes _ for any character",
    caughtBy: ["doc-status/by-file"],
    open: byPath(
      (path) =>
        ({ file_path }) =>
          likePattern(path).test(file_path),
    ),
  },
  {
    id: "doc-status/basename-as-pattern",
    what: "the look-up by name takes % for any characters",
    caughtBy: ["doc-status/by-file"],
    open: byBasename(
      (name) => (document) => likePattern(name).test(document.file_path) && !isDuplicate(document),
    ),
  },
  {
    id: "doc-status/basename-of-a-duplicate",
    what: "the look-up by name gives a duplicate",
    caughtBy: ["doc-status/by-file"],
    open: byBasename(
      (name) =>
        ({ file_path }) =>
          file_path === name,
    ),
  },
  {
    id: "doc-status/basename-in-any-case",
    what: "the look-up by name does not tell upper from lower case",
    caughtBy: ["doc-status/by-file"],
    open: byBasename(
      (name) => (document) =>
        document.file_path.toLowerCase() === name.toLowerCase() && !isDuplicate(document),
    ),
  },
  {
    id: "doc-status/basename-of-no-file",
    what: "what stands for no file is looked up like a name",
    caughtBy: ["doc-status/by-file"],
    open: faultyDocumentGuard((storage) => ({
      async getDocByFileBasename(name) {
        const found = await storage.getDocByFileBasename(name);
        if (found !== null) return found;
        for await (const entry of storage.entries()) if (entry[1].file_path === name) return entry;
        return null;
      },
    })),
  },
];

/** A look-up by content hash that goes by other rules. */
function byHash(
  look: (
    storage: ReferenceDocStatusStorage,
    hash: string,
    excluded: string | undefined,
  ) => [string, DocStatusRecord][],
): DocStatusMutant["open"] {
  return faultyDocuments((storage) => ({
    getDocByContentHash: async (hash, { excludeDocId }) => look(storage, hash, excludeDocId)[0] ?? null,
  }));
}

/** Documents with the hash for which a condition on the excluded one holds. */
function withHash(condition: (document: DocStatusRecord, id: string, excluded: string) => boolean) {
  return (storage: ReferenceDocStatusStorage, hash: string, excluded: string | undefined) =>
    selectEarliest(
      storage,
      (document, id) =>
        document.content_hash === hash && (excluded === undefined || condition(document, id, excluded)),
    );
}

const HASH_MUTANTS: readonly DocStatusMutant[] = [
  {
    id: "doc-status/latest-of-a-hash",
    what: "of documents with one hash the latest is given",
    caughtBy: ["doc-status/by-content-hash"],
    open: byHash((...look) => withHash((_, id, excluded) => id !== excluded)(...look).reverse()),
  },
  {
    id: "doc-status/any-of-a-hash",
    what: "of documents with one hash that of the first row is given",
    caughtBy: ["doc-status/by-content-hash"],
    open: byHash((storage, hash, excluded) =>
      selectDocuments(storage, ({ content_hash }, id) => content_hash === hash && id !== excluded),
    ),
  },
  {
    id: "doc-status/hash-of-finished-documents",
    what: "only documents that are processed are found by their hash",
    caughtBy: ["doc-status/by-content-hash"],
    open: byHash((...look) =>
      withHash((_, id, excluded) => id !== excluded)(...look).filter(
        ([, { status }]) => status === "processed",
      ),
    ),
  },
  {
    id: "doc-status/excludes-nothing",
    what: "excludeDocId is not looked at",
    caughtBy: ["doc-status/by-content-hash"],
    open: byHash(withHash(() => true)),
  },
  {
    id: "doc-status/excludes-one-document",
    what: "excludeDocId leaves the duplicates that point to the document in",
    caughtBy: ["doc-status/by-content-hash-past-duplicates"],
    open: byHash(withHash((_, id, excluded) => id !== excluded)),
  },
  {
    id: "doc-status/excludes-all-duplicates",
    what: "excludeDocId leaves out duplicates of other documents too",
    caughtBy: ["doc-status/by-content-hash-past-duplicates"],
    open: byHash(withHash((document, id, excluded) => id !== excluded && !isDuplicate(document))),
  },
  {
    id: "doc-status/excludes-what-points-there",
    what: "excludeDocId leaves out documents that name it without being marked as duplicates",
    caughtBy: ["doc-status/by-content-hash-past-duplicates"],
    open: byHash(
      withHash(({ metadata }, id, excluded) => id !== excluded && metadata["original_doc_id"] !== excluded),
    ),
  },
];

type IndexedField = "file_path" | "content_hash" | "track_id";

/** An index of documents by a field, to which new values are added and from which none is taken. */
function withIndex(
  field: IndexedField,
  plant: (find: (value: string) => [string, DocStatusRecord][]) => Partial<ReturnType<typeof lookups>>,
): DocStatusMutant["open"] {
  return faultyDocuments((storage) => {
    const index = new Map<string, Set<string>>();
    const find = (value: string): [string, DocStatusRecord][] =>
      selectEarliest(storage, (_, id) => index.get(value)?.has(id) === true);
    return {
      async upsert(records) {
        for (const [id, { [field]: value }] of records) {
          const ids = index.get(value ?? "") ?? new Set();
          index.set(value ?? "", ids.add(id));
        }
        await storage.upsert(records);
      },
      ...plant(find),
    };
  });
}

/** The look-ups that an index serves. */
function lookups(find: (value: string) => [string, DocStatusRecord][]) {
  return {
    getDocByFilePath: async (path: string) => find(path)[0]?.[1] ?? null,
    getDocByFileBasename: async (name: string) => find(name)[0] ?? null,
    getDocByContentHash: async (hash: string) => find(hash)[0] ?? null,
    getDocsByTrackId: async (id: string) => new Map(find(id)),
  };
}

const INDEX_MUTANTS: readonly DocStatusMutant[] = (
  [
    ["file_path", "getDocByFilePath"],
    ["file_path", "getDocByFileBasename"],
    ["content_hash", "getDocByContentHash"],
    ["track_id", "getDocsByTrackId"],
  ] as const
).map(([field, method]) => ({
  id: `doc-status/stale-${method}`,
  what: `${method} finds a document by what it had before an upsert`,
  caughtBy: ["doc-status/lookups-follow-updates"],
  open: withIndex(field, (find) => ({ [method]: lookups(find)[method] })),
}));

/** Faults in looking documents up. */
export const DOC_LOOKUP_MUTANTS: readonly DocStatusMutant[] = [
  ...TRACK_MUTANTS,
  ...FILE_MUTANTS,
  ...HASH_MUTANTS,
  ...INDEX_MUTANTS,
];
