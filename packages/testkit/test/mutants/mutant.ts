import type { Records, StorageContractTypes, StorageType } from "@tetrad/core";
import { type GuardContext, guardStorage, type StorageImplementationTypes } from "@tetrad/core/plugin";
import { openReference, type ReferencePlace, type TargetOptions } from "@tetrad/testkit";

/** A storage with one planted fault: what the kit has to find. */
export interface Mutant<Type extends StorageType = StorageType> {
  /** The kind of storage and what is wrong with it: `kv/loses-overwrites`. */
  readonly id: string;
  readonly what: string;
  /** Ids of cases that have to fail on it. */
  readonly caughtBy: readonly string[];
  readonly open: OpenFaulty<Type>;
}

export type OpenFaulty<Type extends StorageType> = (
  place: ReferencePlace,
  options: TargetOptions,
) => StorageImplementationTypes[Type] | StorageContractTypes[Type];

/**
 * A storage whose given members take the place of its own; the others work on the storage itself.
 * For `instanceof`, and so for the kit, it is the storage.
 */
export function withFaults<Whole extends object, Part extends object = Whole>(
  storage: Whole & Part,
  faults: Partial<Part>,
): Whole {
  return new Proxy(storage, {
    get(target, property) {
      if (Object.hasOwn(faults, property)) return Reflect.get(faults, property);
      const member: unknown = Reflect.get(target, property, target);
      // Bound, since private fields are those of the storage and not of the proxy.
      return typeof member === "function" && property !== "constructor" ? member.bind(target) : member;
    },
  });
}

/** A storage with something done around some of its methods. */
export function aroundCalls<Whole extends object>(
  storage: Whole,
  methods: readonly string[],
  around: (call: () => unknown, method: string) => unknown,
): Whole {
  return new Proxy(storage, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== "function" || property === "constructor") return member;
      const bound = member.bind(target) as (...args: unknown[]) => unknown;
      if (typeof property !== "string" || !methods.includes(property)) return bound;
      return (...args: unknown[]) => around(() => bound(...args), property);
    },
  });
}

/** The reference implementation with a fault, behind the guard that the kit gives it. */
export function faulty<Type extends StorageType>(
  type: Type,
  plant: (
    storage: StorageImplementationTypes[Type],
    options: TargetOptions,
    place: ReferencePlace,
  ) => Partial<StorageImplementationTypes[Type]>,
): OpenFaulty<Type> {
  return (place, options) => {
    const storage = openReference(type, place, options);
    return withFaults(storage, plant(storage, options, place));
  };
}

/** The guarded reference with a fault in what the guard does. */
export function faultyGuard<Type extends StorageType>(
  type: Type,
  plant: (
    storage: StorageContractTypes[Type],
    implementation: StorageImplementationTypes[Type],
  ) => Partial<StorageContractTypes[Type]>,
): OpenFaulty<Type> {
  return (place, options) => {
    const implementation = openReference(type, place, options);
    const storage: StorageContractTypes[Type] = guarded(type, implementation, options);
    return withFaults(storage, plant(storage, implementation));
  };
}

/** An implementation behind the guard, as the kit guards it. */
export function guarded<Type extends StorageType>(
  type: Type,
  implementation: StorageImplementationTypes[Type],
  options: TargetOptions,
  context: Partial<GuardContext> = {},
): ReturnType<typeof guardStorage<Type>> {
  const { namespace, workspace, logger, maxGraphNodes } = options;
  const name = implementation.constructor.name;
  return guardStorage(implementation, {
    name,
    namespace,
    workspace,
    logger,
    maxGraphNodes,
    ...context,
    type,
  });
}

/** A copy of an object without some of its fields. */
export function without<T extends object, Field extends keyof T>(
  whole: T,
  ...fields: readonly Field[]
): Omit<T, Field> {
  const copy = { ...whole };
  for (const field of fields) Reflect.deleteProperty(copy, field);
  return copy;
}

/** Records as they are given to `upsert`, as a list of pairs. */
export function pairsOf<T extends object>(records: Records<T>): [string, T][] {
  return Symbol.iterator in records
    ? Array.from(records as Iterable<readonly [string, T]>, ([id, record]) => [id, record])
    : Object.entries(records);
}

/** Everything an async iterable gives. */
export async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of iterable) items.push(item);
  return items;
}

/** Lets other work of the process go on for a moment. */
export async function nextTurn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
