/**
 * A result for each thing that was asked for, in that order. What was asked for twice gets a copy
 * the second time, so that no two results share an object.
 */
export function alignResults<Asked, Result extends object>(
  asked: readonly Asked[],
  find: (asked: Asked) => Result | null | undefined,
): (Result | null)[] {
  const handedOut = new Set<Result>();
  return asked.map((each) => {
    const result = find(each) ?? null;
    if (result === null) return null;
    if (handedOut.has(result)) return structuredClone(result);
    handedOut.add(result);
    return result;
  });
}
