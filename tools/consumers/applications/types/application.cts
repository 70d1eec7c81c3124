import type { GraphAttributes } from "@tetrad/core" with { "resolution-mode": "import" };

import core = require("@tetrad/core");

async function countLabels(attributes: GraphAttributes): Promise<number> {
  const graph = await core.createStorage("GRAPH_STORAGE", "NetworkXStorage", {
    namespace: core.NameSpace.GRAPH_STORE_CHUNK_ENTITY_RELATION,
  });
  await graph.upsertNode("Coffee", attributes);
  return (await graph.getAllLabels()).length;
}

export = { countLabels };
