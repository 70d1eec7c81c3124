import {
  type DocStatusRecord,
  type GraphAttributes,
  NameSpace,
  type NodeAttributes,
  openStorages,
  type StorageRecord,
  type VectorRecord,
  type VectorRow,
} from "@tetrad/core";
import { TestEmbedding } from "@tetrad/testkit";

/** Everything in the twelve storages of a workspace, by namespace. */
export interface WorkspaceContent {
  readonly dimension: number;
  readonly records: ReadonlyMap<string, readonly [string, StorageRecord][]>;
  readonly vectors: ReadonlyMap<string, readonly VectorRow<Float32Array>[]>;
  readonly documents: readonly [string, DocStatusRecord][];
  readonly nodes: readonly [string, NodeAttributes][];
  readonly edges: readonly [string, string, GraphAttributes][];
}

/** Reads a workspace on files through `openStorages`. */
export async function readWorkspace(
  workingDir: string,
  workspace: string,
  dimension: number,
): Promise<WorkspaceContent> {
  const storages = await openStorages({
    workingDir,
    workspace,
    embedding: new TestEmbedding(dimension),
    env: {},
    resolveFrom: import.meta.url,
  });
  try {
    const { fullDocs, textChunks, llmResponseCache, fullEntities, fullRelations, entityChunks } = storages;
    const kv = [fullDocs, textChunks, llmResponseCache, fullEntities, fullRelations, entityChunks];
    const vdb = [storages.entitiesVdb, storages.relationshipsVdb, storages.chunksVdb];
    const records = new Map<string, [string, StorageRecord][]>();
    for (const storage of [...kv, storages.relationChunks]) {
      const rows: AsyncIterable<readonly [string, object]> = storage.entries();
      records.set(storage.namespace, (await collect(rows)) as [string, StorageRecord][]);
    }
    const vectors = new Map<string, VectorRow<Float32Array>[]>();
    for (const storage of vdb) vectors.set(storage.namespace, await collect(storage.entries()));
    return {
      dimension,
      records,
      vectors,
      documents: await collect(storages.docStatus.entries()),
      nodes: await collect(storages.chunkEntityRelationGraph.nodes()),
      edges: await collect(storages.chunkEntityRelationGraph.edges()),
    };
  } finally {
    await storages.finalize();
  }
}

/** What LightRAG keeps of the rows of a vector namespace. */
export function metaFieldsOf(namespace: string): readonly string[] {
  switch (namespace) {
    case NameSpace.VECTOR_STORE_ENTITIES:
      return ["entity_name", "source_id", "content", "file_path"];
    case NameSpace.VECTOR_STORE_RELATIONSHIPS:
      return ["src_id", "tgt_id", "source_id", "content", "file_path"];
    default:
      return ["full_doc_id", "content", "file_path"];
  }
}

/** The rows as they were given to `upsert`. */
export function givenRecords(rows: readonly VectorRow[]): [string, VectorRecord][] {
  return rows.map(({ id, fields: { created_at: _, ...fields } }) => [id, fields as VectorRecord]);
}

async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of iterable) items.push(item);
  return items;
}
