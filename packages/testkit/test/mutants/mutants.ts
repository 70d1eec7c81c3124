import type { StorageType } from "@tetrad/core";

import { DOC_LISTING_MUTANTS } from "./doc-listing-mutants.ts";
import { DOC_LOOKUP_MUTANTS } from "./doc-lookup-mutants.ts";
import { DOC_PAGE_MUTANTS } from "./doc-page-mutants.ts";
import { DOC_STATUS_MUTANTS } from "./doc-status-mutants.ts";
import { GRAPH_ATTRIBUTE_MUTANTS } from "./graph-attribute-mutants.ts";
import { GRAPH_BATCH_MUTANTS } from "./graph-batch-mutants.ts";
import { GRAPH_GUARD_MUTANTS } from "./graph-guard-mutants.ts";
import { GRAPH_ITERATION_MUTANTS } from "./graph-iteration-mutants.ts";
import { GRAPH_LABEL_MUTANTS } from "./graph-label-mutants.ts";
import { GRAPH_READ_MUTANTS } from "./graph-read-mutants.ts";
import { GRAPH_REMOVAL_MUTANTS } from "./graph-removal-mutants.ts";
import { GRAPH_SEARCH_MUTANTS } from "./graph-search-mutants.ts";
import { GRAPH_WRITE_MUTANTS } from "./graph-write-mutants.ts";
import { isolationMutants } from "./isolation-mutants.ts";
import { KNOWLEDGE_GRAPH_MUTANTS } from "./knowledge-graph-mutants.ts";
import { KNOWLEDGE_GRAPH_SHAPE_MUTANTS } from "./knowledge-graph-shape-mutants.ts";
import { KV_MUTANTS } from "./kv-mutants.ts";
import { loggingMutants } from "./logging-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { persistenceMutants } from "./persistence-mutants.ts";
import { recordGuardMutants, recordMutants, type RecordType } from "./record-fault.ts";
import { RECORD_GUARD_FAULTS } from "./record-guard-mutants.ts";
import { RECORD_ITERATION_FAULTS, RECORD_ITERATION_GUARD_FAULTS } from "./record-iteration-mutants.ts";
import { RECORD_READ_FAULTS, RECORD_READ_GUARD_FAULTS } from "./record-read-mutants.ts";
import { RECORD_VALUE_FAULTS } from "./record-value-mutants.ts";
import { RECORD_WRITE_FAULTS } from "./record-write-mutants.ts";
import { GRAPH_RELOAD_MUTANTS, recordReloadMutants, VECTOR_RELOAD_MUTANTS } from "./reload-mutants.ts";
import {
  GRAPH_SHORT_ID_MUTANTS,
  SHORT_ID_FAULTS,
  SHORT_ID_GUARD_FAULTS,
  VECTOR_SHORT_ID_MUTANTS,
} from "./short-id-mutants.ts";
import { stateMutants } from "./state-mutants.ts";
import { VECTOR_BUFFER_MUTANTS } from "./vector-buffer-mutants.ts";
import { VECTOR_DELETE_MUTANTS } from "./vector-delete-mutants.ts";
import { VECTOR_EMBEDDING_MUTANTS } from "./vector-embedding-mutants.ts";
import { VECTOR_GUARD_MUTANTS } from "./vector-guard-mutants.ts";
import { VECTOR_ITERATION_MUTANTS } from "./vector-iteration-mutants.ts";
import { VECTOR_QUERY_MUTANTS } from "./vector-query-mutants.ts";
import { VECTOR_RELATION_MUTANTS } from "./vector-relation-mutants.ts";
import { VECTOR_ROW_MUTANTS } from "./vector-row-mutants.ts";
import { VECTOR_SCORE_MUTANTS } from "./vector-score-mutants.ts";

function lifecycleMutants<Type extends StorageType>(type: Type): Mutant<Type>[] {
  return [...stateMutants(type), ...persistenceMutants(type), ...isolationMutants(type)];
}

function allRecordMutants<Type extends RecordType>(type: Type): Mutant<Type>[] {
  return [
    ...recordMutants(type, [
      ...RECORD_READ_FAULTS,
      ...RECORD_WRITE_FAULTS,
      ...RECORD_ITERATION_FAULTS,
      ...RECORD_VALUE_FAULTS,
      ...SHORT_ID_FAULTS,
    ]),
    ...recordGuardMutants(type, [
      ...RECORD_READ_GUARD_FAULTS,
      ...RECORD_ITERATION_GUARD_FAULTS,
      ...RECORD_GUARD_FAULTS,
      ...SHORT_ID_GUARD_FAULTS,
    ]),
    ...recordReloadMutants(type),
    ...loggingMutants(type),
  ];
}

/** Every mutant of every kind of storage. */
export const MUTANTS: { readonly [Type in StorageType]: readonly Mutant<Type>[] } = {
  KV_STORAGE: [...lifecycleMutants("KV_STORAGE"), ...allRecordMutants("KV_STORAGE"), ...KV_MUTANTS],
  VECTOR_STORAGE: [
    ...lifecycleMutants("VECTOR_STORAGE"),
    ...VECTOR_RELOAD_MUTANTS,
    ...VECTOR_SHORT_ID_MUTANTS,
    ...VECTOR_ROW_MUTANTS,
    ...VECTOR_ITERATION_MUTANTS,
    ...VECTOR_QUERY_MUTANTS,
    ...VECTOR_SCORE_MUTANTS,
    ...VECTOR_EMBEDDING_MUTANTS,
    ...VECTOR_BUFFER_MUTANTS,
    ...VECTOR_DELETE_MUTANTS,
    ...VECTOR_RELATION_MUTANTS,
    ...VECTOR_GUARD_MUTANTS,
  ],
  GRAPH_STORAGE: [
    ...lifecycleMutants("GRAPH_STORAGE"),
    ...loggingMutants("GRAPH_STORAGE"),
    ...GRAPH_RELOAD_MUTANTS,
    ...GRAPH_SHORT_ID_MUTANTS,
    ...GRAPH_READ_MUTANTS,
    ...GRAPH_BATCH_MUTANTS,
    ...GRAPH_WRITE_MUTANTS,
    ...GRAPH_REMOVAL_MUTANTS,
    ...GRAPH_ITERATION_MUTANTS,
    ...GRAPH_ATTRIBUTE_MUTANTS,
    ...GRAPH_LABEL_MUTANTS,
    ...GRAPH_SEARCH_MUTANTS,
    ...KNOWLEDGE_GRAPH_MUTANTS,
    ...KNOWLEDGE_GRAPH_SHAPE_MUTANTS,
    ...GRAPH_GUARD_MUTANTS,
  ],
  DOC_STATUS_STORAGE: [
    ...lifecycleMutants("DOC_STATUS_STORAGE"),
    ...allRecordMutants("DOC_STATUS_STORAGE"),
    ...DOC_STATUS_MUTANTS,
    ...DOC_LISTING_MUTANTS,
    ...DOC_PAGE_MUTANTS,
    ...DOC_LOOKUP_MUTANTS,
  ],
};
