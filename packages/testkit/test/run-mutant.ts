import type { StorageType } from "@tetrad/core";
import {
  type ConformanceResult,
  type ConformanceRun,
  conformanceRuns,
  type ConformanceTarget,
  ReferencePlace,
} from "@tetrad/testkit";

import type { Mutant } from "./mutants/mutant.ts";

/** A mutant as the kit is given a backend: on a place of its own. */
export function targetOf<Type extends StorageType>({
  open,
}: Pick<Mutant<Type>, "open">): ConformanceTarget<Type> {
  const place = new ReferencePlace();
  return {
    open: async (options) => open(place, options),
    reset: async () => place.clear(),
  };
}

/** The results of the wanted cases, in all their variants. */
export async function runCases<Type extends StorageType>(
  type: Type,
  target: ConformanceTarget<Type>,
  isWanted: (id: string) => boolean = () => true,
): Promise<ConformanceResult[]> {
  const results: ConformanceResult[] = [];
  for (const run of conformanceRuns(type, target, { randomSequences: 0 })) {
    if (isWanted(run.id)) results.push(await runInTime(run));
  }
  return results;
}

/** Longer than the kit itself waits for anything. */
const LONGEST_RUN = 10_000;

/** A run that does not end has failed, as it would under a test runner. */
async function runInTime(run: ConformanceRun): Promise<ConformanceResult> {
  const { id, variant, title } = run;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<ConformanceResult>((resolve) => {
    timer = setTimeout(() => {
      resolve({ id, variant, title, status: "failed", error: new Error("it does not end") });
    }, LONGEST_RUN);
  });
  try {
    return await Promise.race([run.run(), late]);
  } finally {
    clearTimeout(timer);
  }
}
