import type { DocStatusRecord, DocStatusStorage } from "@tetrad/core";
import { type CheckedDocsPaginatedOptions, compareByField } from "@tetrad/core/plugin";

import {
  type DocStatusMutant,
  faultyDocumentGuard,
  faultyDocuments,
  selectDocuments,
  storingDocuments,
} from "./doc-status-fault.ts";
import { without } from "./mutant.ts";

type Entry = [string, DocStatusRecord];
type Compare = (a: Entry, b: Entry) => number;

/** A listing that is sorted in another way. */
function sorting(compare: (options: CheckedDocsPaginatedOptions) => Compare): DocStatusMutant["open"] {
  return faultyDocuments((storage) => ({
    async getDocsPaginated(options) {
      const { statuses, page, pageSize } = options;
      const found = selectDocuments(
        storage,
        ({ status }) => statuses.length === 0 || statuses.includes(status),
      ).sort(compare(options));
      return { docs: found.slice((page - 1) * pageSize, page * pageSize), total: found.length };
    },
  }));
}

function valueOf([id, document]: Entry, field: CheckedDocsPaginatedOptions["sortField"]): string {
  return field === "id" ? id : document[field];
}

function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

const ORDER_MUTANTS: readonly DocStatusMutant[] = [
  {
    id: "doc-status/pages-in-one-direction",
    what: "pages are sorted upwards whatever was asked for",
    caughtBy: ["doc-status/pages"],
    open: sorting(({ sortField }) => compareByField(sortField, "asc")),
  },
  {
    id: "doc-status/pages-by-id",
    what: "pages are sorted by id whatever was asked for",
    caughtBy: ["doc-status/pages"],
    open: sorting(({ sortDirection }) => compareByField("id", sortDirection)),
  },
  {
    id: "doc-status/ties-upwards",
    what: "documents that are equal are sorted upwards by id in either direction",
    caughtBy: ["doc-status/pages"],
    open: sorting(({ sortField, sortDirection }) => {
      const sign = sortDirection === "asc" ? 1 : -1;
      return (a, b) =>
        sign * order(valueOf(a, sortField), valueOf(b, sortField)) || compareByField("id", "asc")(a, b);
    }),
  },
  {
    id: "doc-status/ties-as-stored",
    what: "documents that are equal come as they are stored",
    caughtBy: ["doc-status/pages"],
    open: sorting(({ sortField, sortDirection }) => {
      const sign = sortDirection === "asc" ? 1 : -1;
      return (a, b) => sign * order(valueOf(a, sortField), valueOf(b, sortField));
    }),
  },
  {
    id: "doc-status/pages-in-utf16-order",
    what: "pages are sorted by UTF-16 unit",
    caughtBy: ["doc-status/pages", "doc-status/order-of-hostile-ids"],
    open: sorting(({ sortField, sortDirection }) => {
      const sign = sortDirection === "asc" ? 1 : -1;
      return (a, b) => sign * (order(valueOf(a, sortField), valueOf(b, sortField)) || order(a[0], b[0]));
    }),
  },
  {
    id: "doc-status/pages-in-dictionary-order",
    what: "pages are sorted by the rules of a language",
    caughtBy: ["doc-status/order-of-hostile-ids"],
    open: sorting(({ sortField, sortDirection }) => {
      const sign = sortDirection === "asc" ? 1 : -1;
      return (a, b) => sign * valueOf(a, sortField).localeCompare(valueOf(b, sortField), "en");
    }),
  },
  {
    id: "doc-status/pages-by-creation",
    what: "pages are sorted by created_at where no field was asked for",
    caughtBy: ["doc-status/pages"],
    open: faultyDocumentGuard((storage) => ({
      getDocsPaginated: (options) => storage.getDocsPaginated({ sortField: "created_at", ...options }),
    })),
  },
  {
    id: "doc-status/pages-upwards",
    what: "pages are sorted upwards where no direction was asked for",
    caughtBy: ["doc-status/pages"],
    open: faultyDocumentGuard((storage) => ({
      getDocsPaginated: (options) => storage.getDocsPaginated({ sortDirection: "asc", ...options }),
    })),
  },
];

const TOTAL_MUTANTS: readonly DocStatusMutant[] = [
  {
    id: "doc-status/total-of-a-page",
    what: "total is the length of the page",
    caughtBy: ["doc-status/pages-and-totals"],
    open: faultyDocumentGuard((storage) => ({
      async getDocsPaginated(options) {
        const { docs } = await storage.getDocsPaginated(options);
        return { docs, total: docs.length };
      },
    })),
  },
  {
    id: "doc-status/total-of-everything",
    what: "total counts the documents of other statuses too",
    caughtBy: ["doc-status/pages-and-totals"],
    open: faultyDocumentGuard((storage) => ({
      async getDocsPaginated(options) {
        const { docs } = await storage.getDocsPaginated(options);
        return { docs, total: await storage.count() };
      },
    })),
  },
  {
    id: "doc-status/pages-from-zero",
    what: "the first page is page 0",
    caughtBy: ["doc-status/pages-and-totals"],
    open: faultyDocumentGuard((storage) => ({
      getDocsPaginated: ({ page = 1, ...options } = {}) =>
        storage.getDocsPaginated({ ...options, page: page + 1 }),
    })),
  },
  {
    id: "doc-status/last-page-again",
    what: "a page beyond the last is the last one again",
    caughtBy: ["doc-status/pages-and-totals"],
    open: faultyDocumentGuard((storage) => ({
      async getDocsPaginated({ page = 1, pageSize = 50, ...options } = {}) {
        const { total } = await storage.getDocsPaginated(options);
        const last = Math.max(1, Math.ceil(total / pageSize));
        return storage.getDocsPaginated({ ...options, pageSize, page: Math.min(page, last) });
      },
    })),
  },
  {
    id: "doc-status/pages-of-all-statuses",
    what: "pages have documents of every status",
    caughtBy: ["doc-status/pages-and-totals"],
    open: faultyDocumentGuard((storage) => ({
      getDocsPaginated: (options = {}) => storage.getDocsPaginated(without(options, "statuses")),
    })),
  },
  {
    id: "doc-status/no-statuses-no-pages",
    what: "an empty list of statuses gives no documents",
    caughtBy: ["doc-status/pages-and-totals"],
    open: faultyDocumentGuard((storage) => ({
      async getDocsPaginated(options) {
        const statuses = options?.statuses;
        if (statuses !== undefined && [...statuses].length === 0) return { docs: [], total: 0 };
        return storage.getDocsPaginated(options);
      },
    })),
  },
  {
    id: "doc-status/smaller-pages",
    what: "a page has 20 documents unless told otherwise",
    caughtBy: ["doc-status/page-size"],
    open: faultyDocumentGuard((storage) => ({
      getDocsPaginated: (options) => storage.getDocsPaginated({ pageSize: 20, ...options }),
    })),
  },
  {
    id: "doc-status/pages-of-a-hundred",
    what: "pages of more than 100 documents are cut",
    caughtBy: ["doc-status/page-size"],
    open: faultyDocumentGuard((storage) => ({
      async getDocsPaginated(options) {
        const { docs, total } = await storage.getDocsPaginated(options);
        return { docs: docs.slice(0, 100), total };
      },
    })),
  },
  {
    id: "doc-status/pages-of-any-size",
    what: "pages of more than 1,000 documents are given",
    caughtBy: ["doc-status/page-size"],
    open: faultyDocumentGuard((storage) => ({
      getDocsPaginated: ({ pageSize = 50, ...options } = {}) =>
        storage.getDocsPaginated({ ...options, pageSize: Math.min(pageSize, 1000) }),
    })),
  },
];

/** One of the arguments of a listing left out where it cannot be. */
const PAGE_ARGUMENT_MUTANTS: readonly DocStatusMutant[] = (
  [
    ["page", ({ page }) => Number.isInteger(page) && Number(page) >= 1],
    ["pageSize", ({ pageSize }) => Number.isInteger(pageSize) && Number(pageSize) >= 1],
    ["sortField", ({ sortField }) => sortField !== "status" && sortField !== "__proto__"],
    ["sortDirection", ({ sortDirection }) => sortDirection !== "up"],
    ["statuses", ({ statuses }) => !Array.isArray(statuses) || !statuses.includes("done")],
  ] as const satisfies readonly [string, (options: Record<string, unknown>) => boolean][]
).map(([argument, isGood]) => ({
  id: `doc-status/pages-by-any-${argument}`,
  what: `${argument} of a listing is left out where it cannot be`,
  caughtBy: ["doc-status/pages-arguments"],
  open: faultyDocumentGuard((storage) => ({
    getDocsPaginated: (options = {}) =>
      storage.getDocsPaginated(isGood({ ...options }) ? options : { ...options, [argument]: undefined }),
  })),
}));

function asStored(document: DocStatusRecord): DocStatusRecord {
  return document.status === "preprocessed" ? { ...document, status: "processed" } : document;
}

function allAsStored(documents: Map<string, DocStatusRecord>): Map<string, DocStatusRecord> {
  return new Map([...documents].map(([id, document]) => [id, asStored(document)]));
}

/** For each listing a storage in which it reports documents as they are stored. */
const REPORT_FAULTS: { readonly [method: string]: (storage: DocStatusStorage) => Partial<DocStatusStorage> } =
  {
    getDocsByStatuses: (storage) => ({
      getDocsByStatuses: async (statuses) => allAsStored(await storage.getDocsByStatuses(statuses)),
    }),
    getDocsByStatusesPage: (storage) => ({
      async getDocsByStatusesPage(statuses, options) {
        const { docs, next } = await storage.getDocsByStatusesPage(statuses, options);
        return { docs: allAsStored(docs), next };
      },
    }),
    getDocsByTrackId: (storage) => ({
      getDocsByTrackId: async (id) => allAsStored(await storage.getDocsByTrackId(id)),
    }),
    getDocsByIds: (storage) => ({
      getDocsByIds: async (ids) => allAsStored(await storage.getDocsByIds(ids)),
    }),
    getDocsPaginated: (storage) => ({
      async getDocsPaginated(options) {
        const { docs, total } = await storage.getDocsPaginated(options);
        return { docs: docs.map(([id, document]) => [id, asStored(document)]), total };
      },
    }),
  };

const REPORT_MUTANTS: readonly DocStatusMutant[] = [
  ...Object.entries(REPORT_FAULTS).map(([method, plant]) => ({
    id: `doc-status/${method}-as-stored`,
    what: `${method} reports a document without its images as processed`,
    caughtBy: ["doc-status/preprocessed-is-reported"],
    open: faultyDocumentGuard(plant),
  })),
  {
    id: "doc-status/stores-what-it-reports",
    what: "a document without its images is stored as preprocessed",
    caughtBy: ["doc-status/preprocessed-is-reported"],
    open: storingDocuments(({ status, multimodal_processed }) => ({
      status: status === "processed" && multimodal_processed === false ? "preprocessed" : status,
    })),
  },
];

/** Faults in listings by pages, and in what listings report. */
export const DOC_PAGE_MUTANTS: readonly DocStatusMutant[] = [
  ...ORDER_MUTANTS,
  ...TOTAL_MUTANTS,
  ...PAGE_ARGUMENT_MUTANTS,
  ...REPORT_MUTANTS,
];
