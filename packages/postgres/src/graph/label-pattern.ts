/**
 * A pattern for LIKE that every label holds that contains the query, whatever the database makes of
 * letters outside ASCII: those may be anything. Core looks at what is found once more.
 *
 * @param query in lower case
 */
export function labelPattern(query: string): string {
  let pattern = "%";
  for (const character of query) {
    if (character === "%" || character === "_" || character === "\\") pattern += `\\${character}`;
    else if (character <= "\u007F") pattern += character;
    else if (!pattern.endsWith("%") || pattern.endsWith("\\%")) pattern += "%";
  }
  return pattern.endsWith("%") && !pattern.endsWith("\\%") ? pattern : `${pattern}%`;
}

/** Their lower-case forms have letters of ASCII: `İ` and the sign of Kelvin. */
export const FOLDS_TO_ASCII = "[\u0130\u212A]";
