import { LayeredRows, type LayeredTable } from "@tetrad/file-engine";
import { VectorContent } from "@tetrad/file-engine/vectors";
import { VectorIndex } from "@tetrad/vector-engine";

import type { FaissRow } from "./faiss-row.js";

const MODEL = "model";

/** What a pair of files holds, and who wants to know when a vector changes. */
export class FaissContent extends VectorContent<FaissRow, VectorIndex> {
  /** Called with the id of each vector that is set or deleted. */
  readonly followers = new Set<(id: string) => void>();
  /** Whether the snapshot has vectors twice, since their rows moved. */
  isUnsettled = false;
  /** The files have no place for it. */
  readonly #model = new LayeredRows<{ readonly name: string }>();
  override readonly tables: readonly LayeredTable[] = [this.rows, this.#model];

  constructor(dimension: number) {
    super(new VectorIndex(dimension));
  }

  /** The model the vectors come from, where it is known. */
  get modelName(): string | undefined {
    return this.#model.get(MODEL)?.name;
  }

  /** The model of what is committed. */
  get committedModelName(): string | undefined {
    const [model] = this.#model.committed();
    return model?.[1].name;
  }

  setModelName(name: string): void {
    this.#model.set(MODEL, { name });
  }

  protected override vectorChanged(id: string): void {
    for (const follower of this.followers) follower(id);
  }
}
