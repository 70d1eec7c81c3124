/** For authors of backends and test kits. Applications use the package's main entry point. */
export type * from "./contracts/implementations.js";
export { commitScope } from "./contracts/implementations.js";
export { OPTIONAL_METHODS, REQUIRED_METHODS } from "./contracts/required-methods.js";
export { reportEvent, type StorageEventName } from "./diagnostics.js";
export { defaultLogger } from "./default-logger.js";
export {
  compareByCreation,
  compareByField,
  type DocPosition,
  formatPosition,
  parsePosition,
} from "./documents/document-order.js";
export { type DocumentPage, type PagedDocument, selectDocumentPage } from "./documents/document-page.js";
export { isDocStatus, isDuplicate, NO_FILE_PATH, isDuplicateOf } from "./documents/document-view.js";
export { DeferredVectors, type DeferredVectorsOptions, vectorRecord } from "./embedding/deferred-vectors.js";
export { Embedder, type EmbedderOptions } from "./embedding/embedder.js";
export { toFloat32, toUnitLength, vectorNorm } from "./embedding/vector-checks.js";
export type {
  EmbeddedRow,
  VectorChanges,
  VectorSearchOptions,
  VectorTable,
} from "./embedding/vector-table.js";
export type { StorageErrorOptions } from "./errors/index.js";
export { collectKnowledgeGraph, type CollectOptions, type GraphReader } from "./graph/knowledge-graph.js";
export {
  type LabelCandidate,
  normalizeQuery,
  rankByDegree,
  rankLabels,
  scoreLabel,
} from "./graph/label-search.js";
export { PairMap } from "./graph/pair-map.js";
export { guardStorage, isGuarded, isOpen } from "./guard/guard-storage.js";
export type { GuardContext } from "./guard/storage-session.js";
export { jsonStringEnd } from "./json/json-string-end.js";
export { setOwnField } from "./json/own-field.js";
export { holdsRoundedNumber, parseJson } from "./json/parse-json.js";
export { stringifyJson } from "./json/stringify-json.js";
export { addKeyLockPlace, type KeyLockPlace } from "./locks/key-lock-places.js";
export { isNamespace, LIGHTRAG_META_FIELDS } from "./namespaces/name-space.js";
export { checkWorkspace } from "./namespaces/workspace.js";
export { Pacer } from "./scheduling/pacer.js";
export { untilAborted } from "./scheduling/until-aborted.js";
export { inParallel } from "./servers/in-parallel.js";
export { type RetryOptions, retryTransient } from "./servers/retry-transient.js";
export { type ClientLease, type ClientLifecycle, SharedClients } from "./servers/shared-clients.js";
export { type BatchLimits, splitBatches } from "./servers/split-batches.js";
export { coreSettings, storageNameSettings } from "./settings/core-settings.js";
export { resolveSettings, throwSettingFaults } from "./settings/resolve-settings.js";
export {
  defineSettings,
  describeAcceptedValues,
  type SettingDeclaration,
  type SettingDeclarations,
  type SettingValues,
} from "./settings/setting-declaration.js";
export { readSettingSources } from "./settings/setting-sources.js";
export { constructStorage, planStorage, type ResolvedStorageOptions } from "./storages/storage-plan.js";
export { codePointLength, codePointSortKey, compareCodePoints } from "./text/code-point-order.js";
export { selectFirst } from "./text/select-first.js";
export { pythonTimestamp } from "./text/python-timestamp.js";
