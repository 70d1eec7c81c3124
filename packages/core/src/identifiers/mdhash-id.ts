import { createHash } from "node:crypto";

import { replaceLoneSurrogates } from "../text/unstorable-characters.js";

/**
 * LightRAG's id of a text: the prefix (`ent-`, `rel-`, `chunk-`, `doc-`) and the md5 of its UTF-8
 * bytes in hex. A lone surrogate counts as `?`, as in LightRAG.
 */
export function computeMdhashId(text: string, prefix = ""): string {
  return prefix + createHash("md5").update(replaceLoneSurrogates(text, "?"), "utf8").digest("hex");
}
