import { StorageLoadError } from "@tetrad/core";

import type { FaissStorageOptions } from "../settings.js";
import { type LoadedFaiss, loadFaissNode } from "./faiss-node.js";

/**
 * faiss, where it is to search.
 *
 * @throws StorageLoadError where it is asked for and does not load
 */
export function chooseEngine({
  engine,
  indexFactory,
  nodeModule,
  namespace,
  logger,
}: FaissStorageOptions): LoadedFaiss | null {
  const isWanted = engine === "native" || (engine === "auto" && indexFactory !== undefined);
  const say = (what: string): void =>
    logger.info(`FaissVectorDBStorage ${JSON.stringify(namespace)}: ${what}`);
  if (!isWanted) {
    say("the portable engine searches");
    return null;
  }
  try {
    const loaded = loadFaissNode(nodeModule);
    say(`faiss searches, from ${loaded.path}${indexFactory === undefined ? "" : `, with ${indexFactory}`}`);
    return loaded;
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    if (engine === "auto") {
      logger.warn(
        `FAISS_INDEX_FACTORY=${indexFactory} is not used, since faiss-node does not load: ${reason}. The portable engine searches, and finds the exact answers.`,
      );
      return null;
    }
    throw new StorageLoadError(
      `FAISS_ENGINE=native, but faiss-node does not load: ${reason}. Install it (npm install faiss-node; where its download is not possible, npx tetrad-build-faiss-node builds it) and name its folder in FAISS_NODE_PATH if it is elsewhere, or set FAISS_ENGINE=portable, which gives the same answers.`,
      { cause },
    );
  }
}
