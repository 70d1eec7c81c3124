import assert from "node:assert/strict";

import { isStorageError, type StorageContractTypes, type StorageType } from "@tetrad/core";
import fc from "fast-check";

import { CaseSession } from "../case-session.js";
import type { ConformanceTarget } from "../conformance-case.js";
import type { ConformanceOptions, ConformanceResult, ConformanceRun } from "../conformance-run.js";
import { openReference } from "../reference/open-reference.js";
import { ReferencePlace } from "../reference/reference-place.js";
import { docStatusOperations } from "./doc-status-operations.js";
import { graphOperations } from "./graph-operations.js";
import { kvOperations } from "./kv-operations.js";
import type { Operation } from "./operation.js";
import { vectorOperations } from "./vector-operations.js";

const OPERATIONS: { readonly [Type in StorageType]: fc.Arbitrary<Operation<StorageContractTypes[Type]>> } = {
  KV_STORAGE: kvOperations,
  VECTOR_STORAGE: vectorOperations,
  GRAPH_STORAGE: graphOperations,
  DOC_STATUS_STORAGE: docStatusOperations,
};

const PREFIXES: Readonly<Record<StorageType, string>> = {
  KV_STORAGE: "kv",
  VECTOR_STORAGE: "vector",
  GRAPH_STORAGE: "graph",
  DOC_STATUS_STORAGE: "doc-status",
};

const DEFAULT_SEQUENCES = 30;
const LONGEST_SEQUENCE = 60;

/** Random sequences of operations on a storage and on the reference: both have to give the same answers. */
export function randomRuns<Type extends StorageType>(
  type: Type,
  target: ConformanceTarget<Type>,
  options: ConformanceOptions,
): ConformanceRun[] {
  const id = `${PREFIXES[type]}/random-operations`;
  const title = "random sequences of operations give the same answers as the reference";
  const numRuns = options.randomSequences ?? DEFAULT_SEQUENCES;
  if (numRuns === 0) return [];
  const result = { id, variant: "direct", title } as const;
  return [
    {
      ...result,
      async run(): Promise<ConformanceResult> {
        const reason = await unsupported(type, target);
        if (reason !== null) return { ...result, status: "unsupported", reason };
        try {
          const operations = fc.array(OPERATIONS[type], { maxLength: LONGEST_SEQUENCE, size: "max" });
          const property = fc.asyncProperty(operations, (sequence) => runSequence(type, target, sequence));
          await fc.assert(property, {
            numRuns,
            ...(options.seed === undefined ? {} : { seed: options.seed }),
          });
          return { ...result, status: "passed" };
        } catch (error) {
          return { ...result, status: "failed", error };
        }
      },
    },
  ];
}

async function unsupported<Type extends StorageType>(
  type: Type,
  target: ConformanceTarget<Type>,
): Promise<string | null> {
  const session = new CaseSession(type, target, {});
  const { exact } = (await session.open()).capabilities;
  await session.close();
  return exact ? null : "its search is approximate";
}

async function runSequence<Type extends StorageType>(
  type: Type,
  target: ConformanceTarget<Type>,
  operations: readonly Operation<StorageContractTypes[Type]>[],
): Promise<void> {
  const place = new ReferencePlace();
  const model: ConformanceTarget<Type> = {
    open: async (options) => openReference(type, place, options),
    reset: async () => place.clear(),
  };
  await target.reset();
  const sessions = [new CaseSession(type, target, {}), new CaseSession(type, model, {})] as const;
  try {
    let storages = await openBoth(sessions);
    for (const operation of operations) {
      const [actual, expected] = await Promise.all(storages.map((storage) => answer(operation, storage)));
      assert.deepEqual(actual, expected, `after ${String(operation)}`);
      if (operation.reopens === true && storages[0].capabilities.persistent) {
        await Promise.all(storages.map((storage) => storage.finalize()));
        storages = await openBoth(sessions);
      }
    }
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}

async function openBoth<Type extends StorageType>(
  sessions: readonly [CaseSession<Type>, CaseSession<Type>],
): Promise<[StorageContractTypes[Type], StorageContractTypes[Type]]> {
  return [await sessions[0].open(), await sessions[1].open()];
}

/** What an operation gives; of an error its code. */
async function answer<S>(operation: Operation<S>, storage: S): Promise<unknown> {
  try {
    return await operation.run(storage);
  } catch (error) {
    if (isStorageError(error)) return { error: error.code };
    throw error;
  }
}
