import { SnapshotSyntaxError } from "../src/files/io-errors.js";
import { placeRows } from "../src/snapshots/row-places.js";
import type { SnapshotFile, SnapshotFormat, SnapshotPart } from "../src/snapshots/snapshot-format.js";
import { Lines, lineFormat } from "./row-format.js";

export const VALUES = "values.txt";
export const NAMES = "names.txt";

/** What both files of a pair say, for tests: values by place, and names with their places in order. */
export interface Pair {
  readonly values: readonly string[];
  readonly names: readonly (readonly [number, string])[];
}

export class PairedLines extends Lines {
  isUnsettled = false;
}

/**
 * The smallest pair there can be: a value in each line of the first file, and in the second one a
 * line `place=id` for each row, in their order. Both end with the word end.
 */
export function pairFormat(): SnapshotFormat<PairedLines> {
  return {
    ...lineFormat({ fileName: VALUES }),
    kind: "pairs",
    createEmpty: () => new PairedLines(),
    companions: [NAMES],
    async read({ blocks, companions, isHalf }, { rows }) {
      if (isHalf) throw new SnapshotSyntaxError("its names were not written with it");
      const [names] = companions;
      if (names === undefined) throw new TypeError("A pair without names");
      const pair = parsePair(await textOf(blocks), await textOf(names.blocks));
      for (const [place, id] of pair.names) {
        const text = pair.values[place] ?? "";
        if (text !== "") rows.set(id, { text });
      }
    },
    isUnsettled: (state) => state.isUnsettled,
    async write(state, output, { companions, base }) {
      const committed = [...state.rows.committed()];
      const ids = committed.map(([id]) => id);
      const published = base === null ? { values: [], names: [] } : await readPair(base);
      const { places, count, values, hasMoved } = placeRows(
        ids,
        {
          names: published.names,
          count: published.values.length,
          isEmpty: (place) => published.values[place] === "",
        },
        0,
      );
      state.isUnsettled = hasMoved;
      const textOfId = new Map(committed.map(([id, { text }]) => [id, text]));
      for (let place = 0; place < count; place += 1)
        output.write(`${textOfId.get(values.get(place) ?? "") ?? ""}\n`);
      output.write("end");
      for (const [index, id] of ids.entries()) companions[0]?.write(`${places[index]}=${id}\n`);
      companions[0]?.write("end");
    },
  };
}

/** @throws SnapshotSyntaxError */
export function parsePair(values: string, names: string): Pair {
  return {
    values: linesOf(values),
    names: linesOf(names).map((line) => {
      const at = line.indexOf("=");
      return [Number(line.slice(0, at)), line.slice(at + 1)] as const;
    }),
  };
}

export function formatPair({ values, names }: Pair): { values: string; names: string } {
  return {
    values: [...values, "end"].join("\n"),
    names: [...names.map(([place, id]) => `${place}=${id}`), "end"].join("\n"),
  };
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.pop() !== "end") throw new SnapshotSyntaxError("it does not end with the word end");
  return lines;
}

async function textOf(blocks: SnapshotPart["blocks"]): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const block of blocks) parts.push(block);
  return Buffer.concat(parts).toString();
}

async function readPair(base: readonly SnapshotFile[]): Promise<Pair> {
  const [values = "", names = ""] = await Promise.all(
    base.map(async (file) => (await file.read(0, file.size)).toString()),
  );
  return parsePair(values, names);
}
