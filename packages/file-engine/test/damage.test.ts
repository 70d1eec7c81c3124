import { isStorageError } from "@tetrad/core";
import { describe, expect, test } from "vitest";

import { encodeFrameHeader, FRAME_HEADER_BYTES } from "../src/journal/journal-format.js";
import { SimulatedDisk, SimulatedProcess } from "../src/testing/index.js";
import { FOLDER, Program } from "./crash-model.js";

interface Damage {
  readonly name: string;
  readonly change: (data: Buffer) => Buffer;
}

/** Every bit of a small file; of a large one, bits all over it. */
const BITS = 3000;

function* damages(length: number): Iterable<Damage> {
  for (let cut = 0; cut < length; cut += 512)
    yield { name: `cut at ${cut}`, change: (data) => data.subarray(0, cut) };
  yield { name: "cut by a byte", change: (data) => data.subarray(0, length - 1) };
  yield { name: "zeros for the second half", change: (data) => data.fill(0, Math.floor(length / 2)) };
  const step = Math.max(1, Math.ceil((length * 8) / BITS));
  for (let bit = 0; bit < length * 8; bit += step) {
    yield {
      name: `bit ${bit}`,
      change: (data) => {
        data.writeUInt8(data.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        return data;
      },
    };
  }
}

/** A workspace with snapshots, an old journal, and a journal that has more than the snapshots. */
async function written(): Promise<{ disk: SimulatedDisk; rows: string[][] }> {
  const disk = new SimulatedDisk();
  disk.makeFolder(FOLDER);
  const program = await Program.start(new SimulatedProcess(disk));
  await program.commit(`first ${"text ".repeat(120)}`);
  await program.publish();
  for (let index = 0; index < 4; index += 1) await program.commit(`row ${index} ${"more ".repeat(60)}`);
  const rows = await program.rows();
  program.process.kill();
  return { disk, rows };
}

/** The bytes of a frame with a high number, as a text: what it would be in a journal of id 0. */
function forgedFrame(): string {
  for (let sequence = 99; ; sequence += 1) {
    const payload = Buffer.from(String(sequence));
    const bytes = Buffer.concat([encodeFrameHeader({ type: 4, flags: 0, sequence, payload }, 0), payload]);
    const isText = bytes.every((byte) => byte < 0x80 && byte !== 0x0a && byte !== 0x3d);
    if (isText) return bytes.toString("latin1");
  }
}

async function rowsOrError(disk: SimulatedDisk): Promise<string[][] | Error> {
  const process = new SimulatedProcess(disk);
  try {
    const program = await Program.start(process);
    return await program.rows();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    process.kill();
  }
}

describe("damage on the disk", () => {
  test("to any file gives a typed error or the right rows, and nothing is overwritten", async () => {
    const { disk, rows } = await written();
    const refused = new Map<string, number>();
    const wrong: string[] = [];
    for (const path of disk.paths) {
      const kind = path.replace(/-[0-9a-f]{32}$/, "").replace(`${FOLDER}/`, "");
      for (const { name, change } of damages(disk.read(path)?.length ?? 0)) {
        const damaged = disk.copy();
        damaged.corrupt(path, change);
        const before = damaged.read(path);
        const result = await rowsOrError(damaged);
        if (result instanceof Error) {
          refused.set(kind, (refused.get(kind) ?? 0) + 1);
          if (!isStorageError(result)) wrong.push(`${path}, ${name}: ${result.stack ?? result.message}`);
          if (!path.endsWith("lock") && damaged.read(path)?.equals(before ?? Buffer.alloc(0)) !== true)
            wrong.push(`${path}, ${name}: overwritten`);
        } else if (JSON.stringify(result) !== JSON.stringify(rows))
          wrong.push(`${path}, ${name}: wrong rows`);
      }
    }
    expect(wrong).toEqual([]);
    expect([...refused.keys()].sort()).toEqual([".tetrad/journal", "a.txt", "b.txt"]);
  });

  test("to the head alone costs nothing", async () => {
    const { disk, rows } = await written();
    disk.corrupt(`${FOLDER}/.tetrad/head`, () => Buffer.alloc(0));
    expect(await rowsOrError(disk)).toEqual(rows);
  });
});

describe("a journal behind what the head tells, as after a power cut", () => {
  /** The head is lost, so all that is known of the journal is in itself. */
  async function withoutHead(): Promise<{
    disk: SimulatedDisk;
    path: string;
    length: number;
    rows: string[][];
  }> {
    const { disk, rows } = await written();
    disk.corrupt(`${FOLDER}/.tetrad/head`, () => Buffer.alloc(0));
    const lengths = disk.paths
      .filter((each) => each.includes("journal-"))
      .map((path) => ({ path, length: disk.read(path)?.length ?? 0 }));
    const [newest] = lengths.sort((a, b) => b.length - a.length);
    return { disk, path: newest?.path ?? "", length: newest?.length ?? 0, rows };
  }

  test("that is damaged before a record that came later is refused, not cut", async () => {
    const { disk, path, length } = await withoutHead();
    disk.corrupt(path, (data) => {
      data.writeUInt8(data.readUInt8(length - 1500) ^ 1, length - 1500);
      return data;
    });
    const before = disk.read(path);
    expect(await rowsOrError(disk)).toMatchObject({ code: "STORAGE_CORRUPTION", path });
    expect(disk.read(path)).toEqual(before);
  });

  test("that ends within a record goes on without it, which is set aside", async () => {
    const { disk, path, length, rows } = await withoutHead();
    disk.corrupt(path, (data) => data.subarray(0, length - 100));
    const torn = await rowsOrError(disk);
    expect(torn).toEqual(
      rows.map((ofFile) => ofFile.slice(0, -1).map((row) => row.replace("xxxxx", "xxxx"))),
    );
    expect(disk.read(`${FOLDER}/.tetrad/aside/torn-tail`)?.length).toBeGreaterThan(100);
    expect(disk.read(path)?.length).toBeLessThan(length - 100);
  });

  test("whose text looks like frames of a later record is not taken for one", async () => {
    const disk = new SimulatedDisk();
    disk.makeFolder(FOLDER);
    const program = await Program.start(new SimulatedProcess(disk));
    await program.commit("first");
    await program.commit(forgedFrame());
    program.process.kill();
    const path = disk.paths.find((each) => each.includes("journal-")) ?? "";
    disk.corrupt(path, (data) => data.subarray(0, data.length - FRAME_HEADER_BYTES));
    disk.corrupt(`${FOLDER}/.tetrad/head`, () => Buffer.alloc(0));
    expect(await rowsOrError(disk)).toEqual([
      ["first=first", "count=x"],
      ["first=first", "count=x"],
    ]);
  });
});

describe("files of ours that are not there", () => {
  test("the journal in use: refused", async () => {
    const { disk } = await written();
    const paths = disk.paths.filter((path) => path.includes("journal-"));
    expect(paths).toHaveLength(2);
    const results = [];
    for (const path of paths) {
      const left = disk.copy();
      left.remove(path);
      results.push(await rowsOrError(left));
    }
    expect(results.filter((result) => result instanceof Error)).toEqual([
      expect.objectContaining({
        code: "STORAGE_CORRUPTION",
        message: expect.stringMatching(/is missing or damaged/),
      }),
    ]);
  });

  test("all of them: the snapshots alone are what there is", async () => {
    const { disk } = await written();
    for (const path of disk.paths.filter((each) => each.includes(".tetrad/"))) disk.remove(path);
    expect(await rowsOrError(disk)).toEqual([
      [expect.stringMatching(/^first /), "count=x"],
      [expect.stringMatching(/^first /), "count=x"],
    ]);
  });
});

test("a journal of a newer version is refused, and left as it is", async () => {
  const { disk } = await written();
  const { decodeJournalHeader } = await import("../src/journal/journal-format.js");
  const { crc32 } = await import("node:zlib");
  for (const path of disk.paths.filter((each) => each.includes("journal-"))) {
    disk.corrupt(path, (data) => {
      data.writeUInt32LE(2, 8);
      data.writeUInt32LE(crc32(data.subarray(0, 60)), 60);
      expect(decodeJournalHeader(data)?.version).toBe(2);
      return data;
    });
  }
  expect(await rowsOrError(disk)).toMatchObject({
    code: "STORAGE_FORMAT",
    message: expect.stringMatching(/written by a newer version of Tetrad/),
  });
});
