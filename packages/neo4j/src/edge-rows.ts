import type { GraphAttributes, NodePair } from "@tetrad/core";
import { PairMap } from "@tetrad/core/plugin";

/** The type of every edge that LightRAG writes. */
export const EDGE_TYPE = "DIRECTED";

interface EdgeRow {
  readonly pair: NodePair;
  readonly type: string;
  readonly attributes: GraphAttributes;
}

/** Edges by pair. Of several between two nodes, which no writer of ours makes, the one of LightRAG's type. */
export class EdgeRows {
  readonly #rows = new PairMap<EdgeRow>();

  add(row: EdgeRow): void {
    this.#rows.update(row.pair, (known) =>
      known === undefined || (known.type !== EDGE_TYPE && row.type === EDGE_TYPE) ? row : known,
    );
  }

  values(): Iterable<EdgeRow> {
    return this.#rows.values();
  }
}
