import { DOC_STATUSES, type DocPage, type DocStatus, type DocStatusRecord } from "@tetrad/core";

import {
  type DocStatusMutant,
  faultyDocumentGuard,
  faultyDocuments,
  selectDocuments,
  selectEarliest,
} from "./doc-status-fault.ts";

const COUNT_MUTANTS: readonly DocStatusMutant[] = [
  {
    id: "doc-status/counts-writes",
    what: "the counts of statuses grow with every write and never shrink",
    caughtBy: ["doc-status/counts"],
    open: faultyDocuments((storage) => {
      const counts: Partial<Record<DocStatus, number>> = {};
      return {
        async upsert(records) {
          for (const { status } of records.values()) counts[status] = (counts[status] ?? 0) + 1;
          await storage.upsert(records);
        },
        getStatusCounts: async () => counts,
      };
    }),
  },
  {
    id: "doc-status/counts-statuses-on-after-a-drop",
    what: "the counts of statuses are remembered through a drop()",
    caughtBy: ["doc-status/counts"],
    open: faultyDocuments((storage) => {
      let last: Partial<Record<DocStatus, number>> = {};
      return {
        async getStatusCounts() {
          if (storage.rows.size > 0) last = await storage.getStatusCounts();
          return last;
        },
      };
    }),
  },
  {
    id: "doc-status/counts-what-there-is",
    what: "statuses without documents are missing from the counts",
    caughtBy: ["doc-status/counts", "doc-status/counts-of-nothing"],
    open: faultyDocumentGuard((storage) => ({
      async getStatusCounts() {
        const counts = await storage.getStatusCounts();
        for (const status of DOC_STATUSES) if (counts[status] === 0) Reflect.deleteProperty(counts, status);
        return counts;
      },
    })),
  },
  {
    id: "doc-status/all-counts-statuses",
    what: "all is the number of statuses instead of their sum",
    caughtBy: ["doc-status/counts"],
    open: faultyDocumentGuard((storage) => ({
      getAllStatusCounts: async () => ({ ...(await storage.getStatusCounts()), all: DOC_STATUSES.length }),
    })),
  },
  {
    id: "doc-status/counts-repeats",
    what: "a status that is named twice counts twice",
    caughtBy: ["doc-status/counts"],
    open: faultyDocumentGuard((storage) => ({
      async countDocsByStatuses(statuses) {
        const counts = await storage.getStatusCounts();
        return [...statuses].reduce((sum, status) => sum + counts[status], 0);
      },
    })),
  },
  {
    id: "doc-status/first-status-only",
    what: "of several statuses the first is looked for",
    caughtBy: ["doc-status/by-statuses"],
    open: faultyDocuments((storage) => ({
      getDocsByStatuses: async ([first]) =>
        new Map(selectDocuments(storage, ({ status }) => status === first)),
    })),
  },
  {
    id: "doc-status/no-statuses-are-all",
    what: "no status at all is taken for every status",
    caughtBy: ["doc-status/by-statuses"],
    open: faultyDocuments((storage) => ({
      getDocsByStatuses: async (statuses) =>
        new Map(selectDocuments(storage, ({ status }) => statuses.length === 0 || statuses.includes(status))),
    })),
  },
  {
    id: "doc-status/finds-by-any-status",
    what: "statuses that there are not are not refused",
    caughtBy: ["doc-status/by-statuses"],
    open: faultyDocumentGuard((storage) => ({
      getDocsByStatuses: async (statuses) =>
        storage.getDocsByStatuses([...statuses].filter((status) => DOC_STATUSES.includes(status))),
    })),
  },
];

type Position = readonly [createdAt: string, id: string];

/** A sweep by its own rules over the documents in order. */
function sweeping(
  page: (
    documents: [string, DocStatusRecord][],
    limit: number,
    after: Position | null,
  ) => { docs: [string, DocStatusRecord][]; isLast: boolean },
): DocStatusMutant["open"] {
  return faultyDocuments((storage) => ({
    async getDocsByStatusesPage(statuses, { limit, position }): Promise<DocPage> {
      const all = selectEarliest(storage, ({ status }) => statuses.includes(status));
      const { docs, isLast } = page(
        all,
        limit,
        position === null ? null : (JSON.parse(position) as Position),
      );
      const [id, document] = docs.at(-1) ?? [];
      const next = JSON.stringify([document?.created_at ?? "", id ?? ""]);
      return { docs: new Map(docs), next: isLast ? null : next };
    },
  }));
}

function isAfter([id, { created_at }]: [string, DocStatusRecord], after: Position | null): boolean {
  if (after === null) return true;
  return created_at > after[0] || (created_at === after[0] && id > after[1]);
}

const SWEEP_MUTANTS: readonly DocStatusMutant[] = [
  {
    id: "doc-status/sweep-by-id",
    what: "a sweep goes by id alone",
    caughtBy: ["doc-status/sweep"],
    open: sweeping((documents, limit, after) => {
      const rest = documents
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .filter(([id]) => after === null || id > after[1]);
      return { docs: rest.slice(0, limit), isLast: rest.length <= limit };
    }),
  },
  {
    id: "doc-status/sweep-repeats",
    what: "a page begins with the last document of the page before",
    caughtBy: ["doc-status/sweep"],
    open: sweeping((documents, limit, after) => {
      const rest = documents.filter((each) => isAfter(each, after) || each[0] === after?.[1]);
      return { docs: rest.slice(0, limit), isLast: rest.length <= limit };
    }),
  },
  {
    id: "doc-status/sweep-skips-equal-times",
    what: "a page begins after the time of the page before, and so skips documents of that time",
    caughtBy: ["doc-status/sweep"],
    open: sweeping((documents, limit, after) => {
      const rest = documents.filter(([, { created_at }]) => after === null || created_at > after[0]);
      return { docs: rest.slice(0, limit), isLast: rest.length <= limit };
    }),
  },
  {
    id: "doc-status/sweep-ends-early",
    what: "a sweep ends with a page that is not the last",
    caughtBy: ["doc-status/sweep"],
    open: sweeping((documents, limit, after) => {
      const rest = documents.filter((each) => isAfter(each, after));
      return { docs: rest.slice(0, limit), isLast: rest.length <= limit + 1 };
    }),
  },
  {
    id: "doc-status/sweep-has-no-end",
    what: "after the last page there is always another one",
    caughtBy: ["doc-status/sweep"],
    open: sweeping((documents, limit, after) => {
      const rest = documents.filter((each) => isAfter(each, after));
      return { docs: rest.slice(0, limit), isLast: false };
    }),
  },
  {
    id: "doc-status/sweep-over-the-limit",
    what: "a page has one document more than asked for",
    caughtBy: ["doc-status/sweep"],
    open: sweeping((documents, limit, after) => {
      const rest = documents.filter((each) => isAfter(each, after));
      return { docs: rest.slice(0, limit + 1), isLast: rest.length <= limit + 1 };
    }),
  },
  {
    id: "doc-status/sweep-of-all-statuses",
    what: "a sweep does not go by status after its first page",
    caughtBy: ["doc-status/sweep"],
    open: faultyDocuments((storage) => ({
      getDocsByStatusesPage: (statuses, options) =>
        storage.getDocsByStatusesPage(options.position === null ? statuses : DOC_STATUSES, options),
    })),
  },
  {
    id: "doc-status/sweep-in-utf16-order",
    what: "a sweep orders ids by UTF-16 unit",
    caughtBy: ["doc-status/order-of-hostile-ids"],
    open: sweeping((documents, limit, after) => {
      const rest = documents
        .sort(([a, left], [b, right]) =>
          left.created_at === right.created_at
            ? a < b
              ? -1
              : 1
            : left.created_at < right.created_at
              ? -1
              : 1,
        )
        .filter((each) => isAfter(each, after));
      return { docs: rest.slice(0, limit), isLast: rest.length <= limit };
    }),
  },
  {
    id: "doc-status/sweep-of-a-snapshot",
    what: "a sweep goes over the documents as they were when it began",
    caughtBy: ["doc-status/sweep-of-live-data"],
    open: faultyDocuments((storage) => {
      let snapshot: [string, DocStatusRecord][] = [];
      return {
        async getDocsByStatusesPage(statuses, { limit, position }) {
          if (position === null)
            snapshot = selectEarliest(storage, ({ status }) => statuses.includes(status));
          const [, id] = (position === null ? [] : JSON.parse(position)) as string[];
          const start = snapshot.findIndex(([each]) => each === id) + 1;
          const docs = snapshot.slice(start, start + limit);
          const [last = "", document] = docs.at(-1) ?? [];
          const isLast = start + limit >= snapshot.length;
          return { docs: new Map(docs), next: isLast ? null : JSON.stringify([document?.created_at, last]) };
        },
      };
    }),
  },
  {
    id: "doc-status/sweep-by-offset",
    what: "a sweep goes on at a position that writes have moved",
    caughtBy: ["doc-status/sweep-of-live-data"],
    open: faultyDocuments((storage) => {
      let offset = 0;
      return {
        async getDocsByStatusesPage(statuses, { limit, position }) {
          if (position === null) offset = 0;
          const all = selectEarliest(storage, ({ status }) => statuses.includes(status));
          const docs = all.slice(offset, offset + limit);
          offset += limit;
          return { docs: new Map(docs), next: offset < all.length ? JSON.stringify(["", ""]) : null };
        },
      };
    }),
  },
  {
    id: "doc-status/sweep-of-any-limit",
    what: "a limit that cannot be is replaced by one that can",
    caughtBy: ["doc-status/sweep-arguments"],
    open: faultyDocumentGuard((storage) => ({
      getDocsByStatusesPage: (statuses, { limit, position }) =>
        storage.getDocsByStatusesPage(statuses, { limit: limit >= 1 ? Math.ceil(limit) : 1, position }),
    })),
  },
  {
    id: "doc-status/sweep-from-any-position",
    what: "a position that cannot be read starts the sweep again",
    caughtBy: ["doc-status/sweep-arguments"],
    open: faultyDocumentGuard((storage) => ({
      async getDocsByStatusesPage(statuses, options) {
        try {
          return await storage.getDocsByStatusesPage(statuses, options);
        } catch (error) {
          if (options.position == null) throw error;
          return storage.getDocsByStatusesPage(statuses, { limit: options.limit });
        }
      },
    })),
  },
];

/** Faults in counts and sweeps. */
export const DOC_LISTING_MUTANTS: readonly DocStatusMutant[] = [...COUNT_MUTANTS, ...SWEEP_MUTANTS];
