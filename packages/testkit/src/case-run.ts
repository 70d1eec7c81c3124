import assert from "node:assert/strict";

import type { StorageContractTypes, StorageType } from "@tetrad/core";

import { CaseSession, UnsupportedCase } from "./case-session.js";
import type { ConformanceCase, ConformanceTarget } from "./conformance-case.js";
import type { CaseVariant, ConformanceRun } from "./conformance-run.js";
import { probeOf } from "./storage-probe.js";

/** A case in one variant, from an empty place. */
export function caseRun<Type extends StorageType>(
  type: Type,
  target: ConformanceTarget<Type>,
  each: ConformanceCase<StorageContractTypes[Type]>,
  variant: CaseVariant,
): ConformanceRun {
  const { id, title } = each;
  return {
    id,
    variant,
    title,
    async run() {
      const session = new CaseSession(type, target, each.options ?? {});
      try {
        await target.reset();
        const unsupported = await runCase(type, session, each, variant);
        await session.close();
        return unsupported === null
          ? { id, variant, title, status: "passed" }
          : { id, variant, title, status: "unsupported", reason: unsupported };
      } catch (error) {
        await closeAfterFailure(session);
        if (error instanceof UnsupportedCase)
          return { id, variant, title, status: "unsupported", reason: error.message };
        return { id, variant, title, status: "failed", error };
      }
    },
  };
}

const LONGEST_CLOSE = 2000;

/** A storage that failed may not close either: what the case failed with is told all the same. */
async function closeAfterFailure(session: { close(): Promise<void> }): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LONGEST_CLOSE);
  });
  await Promise.race([session.close().catch(() => {}), late]);
  clearTimeout(timer);
}

/** @returns why the storage cannot run the case, `null` when it was run */
async function runCase<Type extends StorageType>(
  type: Type,
  session: CaseSession<Type>,
  each: ConformanceCase<StorageContractTypes[Type]>,
  variant: CaseVariant,
): Promise<string | null> {
  let storage = await session.open();
  const unsupported = each.unsupported?.(storage.capabilities) ?? null;
  if (unsupported !== null) return unsupported;
  if (variant === "reopened" && !storage.capabilities.persistent)
    return "the storage does not outlive its process";
  const neighbour = variant === "beside" ? await openNeighbour(type, session, each) : null;
  await each.prepare?.(storage, session.context(storage));
  if (variant === "reopened") {
    await storage.finalize();
    storage = await session.open();
  }
  await each.verify(storage, session.context(storage));
  await neighbour?.check();
  return null;
}

/** Ids and names that the cases use, so that a leak between workspaces shows. */
const NEIGHBOUR_NAMES = ["a", "b", "c", "d", "e", "r", "r0", "x", "hub", "learning", "item 0"];

/** Fills a second workspace of the same namespace; `check` sees to it that it stayed as it was. */
async function openNeighbour<Type extends StorageType>(
  type: Type,
  session: CaseSession<Type>,
  each: ConformanceCase<StorageContractTypes[Type]>,
): Promise<{ check(): Promise<void> }> {
  const probe = probeOf(type);
  const open = (): Promise<StorageContractTypes[Type]> =>
    session.open({ workspace: "neighbour", namespace: each.options?.namespace });
  const neighbour = await open();
  for (const name of NEIGHBOUR_NAMES) await probe.write(neighbour, name);
  await neighbour.indexDoneCallback();
  session.embedding.calls.length = 0;
  const before = await probe.content(neighbour);
  return {
    async check() {
      assert.deepEqual(await probe.content(neighbour), before, "another workspace was changed");
      if (!neighbour.capabilities.persistent) return;
      await neighbour.finalize();
      assert.deepEqual(
        await probe.content(await open()),
        before,
        "another workspace was changed on the disk or server",
      );
    },
  };
}
