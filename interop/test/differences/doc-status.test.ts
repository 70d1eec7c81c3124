import type { DocStatusInput } from "@tetrad/core";
import { describe, expect } from "vitest";

import { SHARED_BACKENDS } from "../../src/backends.ts";
import { useTwoSides } from "../two-sides.ts";
import { hasLightRag } from "../use-lightrag.ts";
import { difference } from "./difference.ts";

const [json] = SHARED_BACKENDS.DOC_STATUS_STORAGE;
const EARLY = "2026-01-01T00:00:00.000000+00:00";
const LATE = "2026-02-02T00:00:00.000000+00:00";

function document(fields: Partial<DocStatusInput> = {}): DocStatusInput {
  return {
    status: "pending",
    content_summary: "about it",
    content_length: 8,
    file_path: "a.txt",
    created_at: EARLY,
    updated_at: EARLY,
    ...fields,
  };
}

describe.skipIf(!hasLightRag)("JsonDocStatusStorage", () => {
  const sides = useTwoSides(json, { namespace: "doc_status" });

  /** Both with the same documents, each on a place of its own. */
  async function both(documents: Record<string, DocStatusInput>) {
    const python = await sides.python();
    const tetrad = await sides.tetrad({ place: await sides.newPlace() });
    await python.upsert(documents);
    await tetrad.upsert(documents);
    return { python, tetrad };
  }

  const idsOf = ({ docs }: { docs: readonly [string, unknown][] }): string[] => docs.map(([id]) => id);

  difference("doc-status/created-at", async () => {
    const { python, tetrad } = await both({ a: document() });
    await python.upsert({ a: document({ created_at: LATE }) });
    await tetrad.upsert({ a: document({ created_at: LATE }) });
    expect(await python.getById("a")).toMatchObject({ created_at: LATE });
    expect(await tetrad.getById("a")).toMatchObject({ created_at: EARLY });
    await tetrad.finalize();
  });

  difference("doc-status/deletes-last", async () => {
    const place = await sides.newPlace();
    const python = await sides.python({ place });
    await python.upsert({ a: document(), b: document() });
    await python.delete(["a"]);
    await python.finalize();
    // Durable at once; with this setting Python sees it too before Tetrad commits or closes.
    const env = { ...place.env, TETRAD_SNAPSHOT: "commit" };
    const tetrad = await sides.tetrad({ place: { ...place, env } });
    expect(await tetrad.filterKeys(["a"])).toEqual(new Set());
    await tetrad.delete(["a"]);
    const again = await sides.python({ place });
    expect(await again.filterKeys(["a", "b"])).toEqual(new Set(["a"]));
    await tetrad.finalize();
  });

  difference("doc-status/equal-times", async () => {
    const { python, tetrad } = await both({ b: document(), a: document(), c: document() });
    const order = { sortField: "created_at", sortDirection: "desc", pageSize: 10 } as const;
    expect(idsOf(await python.getDocsPaginated(order))).toEqual(["b", "a", "c"]);
    expect(idsOf(await tetrad.getDocsPaginated(order))).toEqual(["c", "b", "a"]);
    await tetrad.finalize();
  });

  difference("doc-status/page-size", async () => {
    const many = Array.from({ length: 12 }, (_, index) => [`doc-${index}`, document()]);
    const { python, tetrad } = await both(Object.fromEntries(many) as Record<string, DocStatusInput>);
    expect(idsOf(await python.getDocsPaginated({ pageSize: 2 }))).toHaveLength(10);
    expect(idsOf(await tetrad.getDocsPaginated({ pageSize: 2 }))).toHaveLength(2);
    await tetrad.finalize();
  });

  difference("doc-status/order-of-paths", async () => {
    const { python, tetrad } = await both({
      beijing: document({ file_path: "北京.txt" }),
      a: document({ file_path: "a.txt" }),
      capital: document({ file_path: "Z.txt" }),
    });
    const order = { sortField: "file_path", sortDirection: "asc", pageSize: 10 } as const;
    // By the pinyin of the name, without case.
    expect(idsOf(await python.getDocsPaginated(order))).toEqual(["a", "beijing", "capital"]);
    expect(idsOf(await tetrad.getDocsPaginated(order))).toEqual(["capital", "a", "beijing"]);
    await tetrad.finalize();
  });

  difference("doc-status/several-of-one-file", async () => {
    const { python, tetrad } = await both({ second: document({ created_at: LATE }), first: document() });
    expect(await python.getDocByFileBasename("a.txt")).toMatchObject(["second", {}]);
    expect(await tetrad.getDocByFileBasename("a.txt")).toMatchObject(["first", {}]);
    await tetrad.finalize();
  });

  difference("doc-status/unknown-status", async () => {
    const python = await sides.python();
    await python.upsert({ a: document(), b: { ...document(), status: "done" as DocStatusInput["status"] } });
    await expect(python.getStatusCounts()).rejects.toThrow("KeyError");
    await python.finalize();
    const tetrad = await sides.tetrad();
    expect(await tetrad.getStatusCounts()).toMatchObject({ pending: 1, processed: 0 });
    await expect(
      tetrad.upsert({ c: document({ status: "done" as DocStatusInput["status"] }) }),
    ).rejects.toMatchObject({ code: "INVALID_RECORD" });
    await tetrad.finalize();
  });

  difference("doc-status/missing-times", async () => {
    const python = await sides.python();
    const unstamped = { ...document(), updated_at: null } as unknown as DocStatusInput;
    await python.upsert({ a: document(), b: unstamped, c: document({ updated_at: LATE }) });
    await expect(python.getDocsPaginated()).rejects.toThrow("TypeError");
    await python.finalize();
    const tetrad = await sides.tetrad();
    expect(idsOf(await tetrad.getDocsPaginated())).toEqual(["c", "a", "b"]);
    await tetrad.finalize();
  });
});
