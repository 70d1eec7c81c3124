/** The same data as in `lightrag_side.py`. */

/** About 1.2 kB as JSON. */
export function chunk(index, text) {
  return {
    content: `${text} ${index} ${"lorem ipsum dolor sit amet ".repeat(38)}`,
    tokens: 256,
    chunk_order_index: index % 40,
    full_doc_id: `doc-${Math.floor(index / 40)}`,
    file_path: `file-${Math.floor(index / 40)}.txt`,
    llm_cache_list: [`default:extract:${index}`],
  };
}

const pad = (number) => String(number).padStart(6, "0");

/** About 2.3 kB as JSON; one of a hundred failed, 50 have a track id in common. */
export function document(index, count) {
  return {
    status: index % 100 === 7 ? "failed" : "processed",
    content_summary: "what it is about ".repeat(14),
    content_length: 50_000,
    created_at: `2026-01-01T00:00:00.${pad(index)}+00:00`,
    updated_at: `2026-01-02T00:00:00.${pad((index * 7919) % count)}+00:00`,
    file_path: `file-${index}.txt`,
    track_id: `track-${Math.floor(index / 50)}`,
    content_hash: `hash-${index}`,
    metadata: { chunk_method: "legacy", process_start_time: 1_795_216_763 },
    chunks_count: 40,
    chunks_list: Array.from({ length: 40 }, (_, each) => `doc-${index}-chunk-0123456789abcdef-${each}`),
  };
}

/** Which records a round asks for. */
export function idsOfRound(round, size, count) {
  return Array.from({ length: size }, (_, each) => `chunk-${(round * 7919 + each * 104_729) % count}`);
}
