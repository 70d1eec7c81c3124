/** A graph as LightRAG's pipeline writes one, with a hub whose neighbourhood of depth 3 has more than 1,000 nodes. */
export function makeGraph(nodeCount, edgeCount) {
  const name = (index) => (index === 0 ? "hub" : `Entity ${index} of ${WORDS[index % WORDS.length]}`);
  const nodes = Array.from({ length: nodeCount }, (_, index) => [
    name(index),
    {
      entity_type: "concept",
      description: `${"What is known about it. ".repeat(13)}${index}`,
      source_id: `chunk-${index}`,
      file_path: "book.txt",
      created_at: 1_700_000_000 + index,
      truncate: "",
    },
  ]);
  const edges = Array.from({ length: edgeCount }, (_, index) => [
    // A tree with ten branches at each node, and as many edges across.
    name(index < nodeCount - 1 ? Math.floor(index / 10) : index % nodeCount),
    name(index < nodeCount - 1 ? index + 1 : (index * 7919 + 1) % nodeCount),
    {
      weight: 1 + (index % 7) / 2,
      description: `${"How the two belong together. ".repeat(7)}${index}`,
      keywords: "part of, follows",
      source_id: `chunk-${index}`,
      file_path: "book.txt",
      created_at: 1_700_000_000 + index,
      truncate: "",
    },
  ]);
  return { nodes, edges };
}

const WORDS = ["Graph Theory", "Machine Learning", "Ethiopia", "Coffee", "量子力学", "Databases"];
