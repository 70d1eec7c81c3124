/** A storage asked for as `package#ExportName`, past the table of names. */
export interface SpecifiedExport {
  readonly specifier: string;
  readonly exportName: string;
}

const PACKAGE = /^((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)(?:\/[\w./~-]+)?$/i;
const EXPORT_NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** Takes `package#ExportName` apart; `null` for a plain name. A path such as `./store.js` is a package too. */
export function parseSpecifiedExport(name: string): SpecifiedExport | null {
  const separator = name.lastIndexOf("#");
  const specifier = name.slice(0, Math.max(separator, 0));
  const exportName = name.slice(separator + 1);
  const isSpecifier = PACKAGE.test(specifier) || isFileSpecifier(specifier);
  return isSpecifier && EXPORT_NAME.test(exportName) ? { specifier, exportName } : null;
}

/** Whether a specifier is a file of the application, not a package. */
export function isFileSpecifier(specifier: string): boolean {
  return /^\.{1,2}\//.test(specifier);
}

/** The package to install for a specifier, without a path inside the package. */
export function packageToInstall(specifier: string): string {
  return PACKAGE.exec(specifier)?.[1] ?? specifier;
}

/** The candidates, those most like the name first: those that contain it, then the nearest spelling. */
export function sortBySimilarity(name: string, candidates: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  const distanceOf = (candidate: string): number =>
    wanted !== "" && candidate.includes(wanted) ? 0 : editDistance(wanted, candidate);
  const distances = new Map(candidates.map((candidate) => [candidate, distanceOf(candidate.toLowerCase())]));
  return [...candidates].sort((a, b) => (distances.get(a) ?? 0) - (distances.get(b) ?? 0));
}

/** Levenshtein distance: insertions, deletions and replacements that lead from one text to the other. */
function editDistance(from: string, to: string): number {
  // A name from the environment may have any length; the longest real one has 25 characters.
  const source = from.slice(0, 100);
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= source.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (source[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}
