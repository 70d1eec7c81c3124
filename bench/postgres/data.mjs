/** The same data as in `lightrag_side.py`. */

/** A chunk of 1.2 kB. */
export function chunk(index) {
  return {
    content: `chunk ${index} ${"lorem ipsum dolor sit amet ".repeat(40)}`,
    tokens: 256,
    chunk_order_index: index % 40,
    full_doc_id: `doc-${Math.floor(index / 40)}`,
    file_path: `file-${Math.floor(index / 40)}.txt`,
    llm_cache_list: [`default:extract:${index}`],
  };
}

const pad = (number) => String(number).padStart(6, "0");

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
    metadata: { chunk_method: "legacy" },
    chunks_count: 4,
    chunks_list: Array.from({ length: 4 }, (_, each) => `doc-${index}-chunk-${each}`),
  };
}

/** An entity, whose text is embedded by `vectorOf`. */
export function entity(index) {
  return {
    content: `entity ${index}`,
    entity_name: `entity ${index}`,
    source_id: `chunk-${index}`,
    file_path: "a.txt",
  };
}

/** Numbers from -1 to 1 that follow from the text's number: no cost worth measuring. */
export function vectorOf(text, dimension) {
  let state = (Number(/\d+/.exec(text)?.[0] ?? 0) * 2_654_435_761 + 1) % 4_294_967_296;
  return Array.from({ length: dimension }, () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 2_147_483_648 - 1;
  });
}

export function node(index) {
  return {
    entity_id: `node ${index}`,
    entity_type: "person",
    description: `what is known of ${index} ${"and more ".repeat(12)}`,
    source_id: `chunk-${index}`,
    file_path: "a.txt",
  };
}

export function edge(index, nodes) {
  const target = (index * 7919 + 1 + Math.floor(index / nodes)) % nodes;
  return [
    `node ${index % nodes}`,
    `node ${target === index % nodes ? (target + 1) % nodes : target}`,
    { weight: 1, description: "knows", keywords: "a,b", source_id: `chunk-${index}`, file_path: "a.txt" },
  ];
}
