import type { StorageImplementationTypes } from "./implementations.js";
import type { StorageType } from "./storage.js";

type Methods<T> = {
  [K in keyof T]-?: NonNullable<T[K]> extends (...args: never[]) => unknown ? K : never;
}[keyof T] &
  string;

type Required<T> = { [K in Methods<T>]: undefined extends T[K] ? never : K }[Methods<T>];
type Optional<T> = Exclude<Methods<T>, Required<T>>;

type MethodTable<Kind extends "required" | "optional"> = {
  readonly [Type in StorageType]: readonly (Kind extends "required"
    ? Required<StorageImplementationTypes[Type]>
    : Optional<StorageImplementationTypes[Type]>)[];
};

/** What an implementation must have. The types below prove the list complete. */
export const REQUIRED_METHODS = {
  KV_STORAGE: ["getByIds", "upsert", "delete", "entries", "drop"],
  VECTOR_STORAGE: [
    "upsert",
    "upsertVectors",
    "query",
    "getByIds",
    "getVectorsByIds",
    "delete",
    "deleteEntityRelation",
    "entries",
    "drop",
  ],
  GRAPH_STORAGE: [
    "getNodesBatch",
    "getEdgesBatch",
    "getNodesEdgesBatch",
    "upsertNodesBatch",
    "upsertEdgesBatch",
    "removeNodes",
    "removeEdges",
    "nodes",
    "edges",
    "drop",
  ],
  DOC_STATUS_STORAGE: [
    "getByIds",
    "upsert",
    "delete",
    "entries",
    "drop",
    "getDocsByStatusesPage",
    "getStatusCounts",
  ],
} as const satisfies MethodTable<"required">;

const LIFECYCLE_METHODS = ["initialize", "finalize", "indexDoneCallback", "dropPendingIndexOps"] as const;
const RECORD_METHODS = ["filterKeys", "isEmpty", "count"] as const;

/** What an implementation may have; where it has not, core's default serves. */
export const OPTIONAL_METHODS = {
  KV_STORAGE: [...LIFECYCLE_METHODS, ...RECORD_METHODS],
  VECTOR_STORAGE: [...LIFECYCLE_METHODS, "queryBatch", "count"],
  GRAPH_STORAGE: [
    ...LIFECYCLE_METHODS,
    "nodeDegreesBatch",
    "hasNodesBatch",
    "getAllLabels",
    "getPopularLabels",
    "searchLabels",
    "getKnowledgeGraph",
  ],
  DOC_STATUS_STORAGE: [
    ...LIFECYCLE_METHODS,
    ...RECORD_METHODS,
    "getDocsByStatuses",
    "getDocsByTrackId",
    "getDocsPaginated",
    "getDocByFilePath",
    "getDocByFileBasename",
    "getDocByContentHash",
    "updateDocStatusFields",
  ],
} as const satisfies MethodTable<"optional">;

type Unlisted<Listed extends string, Declared extends string> = Exclude<Declared, Listed>;

type None<T extends never> = T;

/** Does not compile when a method of a contract is missing from its list; `satisfies` refuses one too many. */
export type EveryMethodIsListed = None<
  {
    [Type in StorageType]:
      | Unlisted<(typeof REQUIRED_METHODS)[Type][number], Required<StorageImplementationTypes[Type]>>
      | Unlisted<(typeof OPTIONAL_METHODS)[Type][number], Optional<StorageImplementationTypes[Type]>>;
  }[StorageType]
>;
