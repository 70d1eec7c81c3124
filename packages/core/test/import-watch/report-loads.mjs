import { report } from "./report.mjs";

/** A loader hook of Node: sees every module that is imported. */
export function load(url, context, nextLoad) {
  report("module", "import", url);
  return nextLoad(url, context);
}
