import { computeMdhashId, openStorages, type OpenedStorages } from "@tetrad/core";

/** Stands for an embedding model; this program keeps no vectors. */
const embedding = {
  dimension: 2,
  embed: async (texts: readonly string[]) => texts.map((text) => [text.length, 1]),
};

const DOCUMENTS: Readonly<Record<string, string>> = {
  "tea.txt": "Tea is picked by hand.\n\nIt is dried in the sun.",
  "coffee.txt": "Coffee grows in the shade.",
  "empty.txt": "",
};

/** Puts the documents that are not there yet into the workspace. */
async function register({ fullDocs, textChunks, docStatus }: OpenedStorages): Promise<number> {
  const byId = new Map(Object.keys(DOCUMENTS).map((path) => [computeMdhashId(path, "doc-"), path]));
  // The status is written last: a document that has one is there with all of its chunks.
  const missing = await docStatus.filterKeys(byId.keys());
  for (const id of missing) {
    const path = byId.get(id) ?? "";
    const content = DOCUMENTS[path] ?? "";
    const parts = content.split("\n\n").filter((part) => part !== "");
    const chunkIds = parts.map((part) => computeMdhashId(part, "chunk-"));
    await fullDocs.upsert({ [id]: { content, file_path: path } });
    await textChunks.upsert(
      parts.map((part, index) => [
        chunkIds[index] ?? "",
        {
          content: part,
          full_doc_id: id,
          file_path: path,
          chunk_order_index: index,
          tokens: part.split(" ").length,
        },
      ]),
    );
    await docStatus.upsert({
      [id]: {
        status: parts.length > 0 ? "processed" : "failed",
        content_summary: content.slice(0, 40),
        content_length: content.length,
        file_path: path,
        chunks_count: parts.length,
        chunks_list: chunkIds,
        ...(parts.length > 0 ? {} : { error_msg: "nothing in it" }),
      },
    });
  }
  return missing.size;
}

/** What the workspace holds. */
async function report({ textChunks, docStatus }: OpenedStorages): Promise<string[]> {
  const { processed, failed } = await docStatus.getStatusCounts();
  const lines = [`${processed} processed, ${failed} failed`];
  const { docs } = await docStatus.getDocsPaginated({ sortField: "file_path", sortDirection: "asc" });
  for (const [, document] of docs) {
    const chunks = await textChunks.getByIds(document.chunks_list);
    const texts = chunks.map((chunk) => JSON.stringify(chunk?.content));
    lines.push(`${document.file_path}: ${texts.join(", ") || document.error_msg}`);
  }
  return lines;
}

async function main(): Promise<void> {
  const storages = await openStorages({ embedding, resolveFrom: import.meta.url });
  try {
    const added = await register(storages);
    await storages.indexDoneCallback();
    const lines = [
      `Records in ${storages.textChunks.name}, documents in ${storages.docStatus.name}`,
      `${added} documents added`,
      ...(await report(storages)),
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
  } finally {
    await storages.finalize();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
