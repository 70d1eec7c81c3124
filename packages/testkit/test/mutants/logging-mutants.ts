import type { Logger, StorageContractTypes, StorageType } from "@tetrad/core";
import { openReference } from "@tetrad/testkit";

import { type LifecycleFault, mutantOf } from "./lifecycle-fault.ts";
import { guarded, type Mutant } from "./mutant.ts";

/** A guard that logs in another way. */
function logging(change: (logger: Logger) => Logger): LifecycleFault["open"] {
  return (type, place, options): StorageContractTypes[typeof type] =>
    guarded(type, openReference(type, place, options), options, { logger: change(options.logger) });
}

const LOGGING_FAULTS: readonly LifecycleFault[] = [
  {
    name: "cleans-in-silence",
    what: "nothing says that characters were taken out",
    caughtBy: ["cleaned-texts"],
    open: logging((logger) => ({ ...logger, debug() {}, info() {}, warn() {}, error() {} })),
  },
  {
    name: "warns-twice",
    what: "more than one line says that characters were taken out",
    caughtBy: ["cleaned-texts"],
    open: logging((logger) => ({
      debug() {},
      info() {},
      error() {},
      warn(message, fields) {
        logger.warn(message, fields);
        logger.warn(message, fields);
      },
    })),
  },
  {
    name: "does-not-say-how-many",
    what: "the line about characters that were taken out does not count them",
    caughtBy: ["cleaned-texts"],
    open: logging((logger) => ({
      debug() {},
      info() {},
      error() {},
      warn: (message) => logger.warn(message.replace(/\d+/, "some")),
    })),
  },
];

/** Faults in what is logged when texts are cleaned. */
export function loggingMutants<Type extends StorageType>(type: Type): Mutant<Type>[] {
  return LOGGING_FAULTS.map((fault) => mutantOf(type, fault));
}
