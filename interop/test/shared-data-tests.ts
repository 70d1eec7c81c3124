import type { StorageType } from "@tetrad/core";
import fc from "fast-check";
import { describe, test } from "vitest";

import type { SharedBackend, SharedPlace } from "../src/backends.ts";
import type { SharedContracts } from "../src/shared-contracts.ts";
import { pythonSide, type Side, type SideOptions, tetrad } from "../src/sides.ts";
import type { SharedKind, SharedOperation } from "./shared-kind.ts";
import { hasLightRag, useLightRag } from "./use-lightrag.ts";
import { usePlaces } from "./use-places.ts";

const WORKSPACES = ["", "tenant", "espace é テナント 😀 $1 'q' \"d\""];

/** Random sequences for each backend; the seed is fixed so that a failure is the same one next time. */
const SEQUENCES = 12;
const SEED = Number(process.env["TETRAD_SEED"] ?? 1);

/** A server takes seconds where files take none: there the usual one and the worst, and with another Python the worst. */
function workspacesOf({ service }: { readonly service?: unknown }, without: readonly string[]): string[] {
  if (service === undefined) return WORKSPACES;
  return without.length === 0 ? WORKSPACES.toSpliced(1, 1) : WORKSPACES.slice(-1);
}

type Work<Type extends StorageType> = (storage: SharedContracts[Type]) => Promise<void>;

/** Python and Tetrad on the same data: what one wrote the other reads, in turns, and at random. */
export function describeSharedData<Type extends StorageType, Seen>(
  backend: SharedBackend<Type>,
  kind: SharedKind<Type, Seen>,
): void {
  const name = backend.label ?? backend.name;
  describe.skipIf(!hasLightRag)(name, () => describeFlavour(backend, kind, []));
  for (const module of backend.variants ?? []) {
    describe.skipIf(!hasLightRag)(`${name}, Python without ${module}`, () =>
      describeFlavour(backend, kind, [module]),
    );
  }
}

function describeFlavour<Type extends StorageType, Seen>(
  backend: SharedBackend<Type>,
  kind: SharedKind<Type, Seen>,
  without: readonly string[],
): void {
  const newPlace = usePlaces(backend);
  const lightRag = useLightRag(without);
  const python = (): Side => pythonSide(lightRag());

  async function write(
    side: Side,
    place: SharedPlace,
    options: SideOptions,
    work: Work<Type>,
  ): Promise<void> {
    const storage = await side.open(backend, place, options);
    await work(storage);
    await storage.indexDoneCallback();
    await storage.finalize();
  }

  async function look(side: Side, place: SharedPlace, options: SideOptions): Promise<Seen> {
    const storage = await side.open(backend, place, options);
    const seen = await kind.observe(storage);
    await storage.finalize();
    return seen;
  }

  /** Both look at the same data. @returns what they saw */
  async function expectSharedData(place: SharedPlace, options: SideOptions = kind.options): Promise<Seen> {
    const seen = await look(tetrad, place, options);
    kind.expectSame(seen, await look(python(), place, options));
    return seen;
  }

  describe.each(workspacesOf(backend, without))("in workspace %j", (workspace) => {
    const options = { ...kind.options, workspace };
    test.each([
      ["Python writes, Tetrad reads", ["Python"]],
      ["Tetrad writes, Python reads", ["Tetrad"]],
      ["they write by turns, Python first", ["Python", "Tetrad"]],
      ["they write by turns, Tetrad first", ["Tetrad", "Python"]],
    ])("%s", async (_, writers) => {
      const place = await newPlace();
      await expectSharedData(place, options);
      for (const [index, turn] of kind.turns.entries()) {
        const side = writers[index % writers.length] === "Python" ? python() : tetrad;
        await write(side, place, options, turn);
        await expectSharedData(place, options);
      }
    });
  });

  test("whoever writes it, the data is the same", async () => {
    const [ofPython, ofTetrad] = [await newPlace(), await newPlace()];
    for (const turn of kind.turns) {
      await write(python(), ofPython, kind.options, turn);
      await write(tetrad, ofTetrad, kind.options, turn);
      await expectSameData(ofTetrad, ofPython);
    }
  });

  async function expectSameData(ofTetrad: SharedPlace, ofPython: SharedPlace): Promise<void> {
    kind.expectSame(
      kind.withoutStamps(await look(tetrad, ofTetrad, kind.options)),
      kind.withoutStamps(await look(python(), ofPython, kind.options)),
    );
  }

  test("random writes lead to the same data, on each side and by turns", { timeout: 120_000 }, async () => {
    const turns = fc.array(
      fc.record({
        byPython: fc.boolean(),
        operations: fc.array(kind.operations, { minLength: 1, maxLength: 8 }),
      }),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(turns, async (sequence) => {
        const [ofPython, ofTetrad, ofBoth] = [await newPlace(), await newPlace(), await newPlace()];
        for (const { byPython, operations } of sequence) {
          const work = inOrder(operations);
          await write(python(), ofPython, kind.options, work);
          await write(tetrad, ofTetrad, kind.options, work);
          await write(byPython ? python() : tetrad, ofBoth, kind.options, work);
          await expectSharedData(ofBoth);
        }
        await expectSameData(ofTetrad, ofPython);
        await expectSameData(ofBoth, ofPython);
        await expectSharedData(ofPython);
        await expectSharedData(ofTetrad);
      }),
      { numRuns: kind.sequences ?? SEQUENCES, seed: SEED },
    );
  });
}

function inOrder<Type extends StorageType>(operations: readonly SharedOperation<Type>[]): Work<Type> {
  return async (storage) => {
    for (const { run } of operations) await run(storage);
  };
}
