import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "tetrad-faiss-";
/** With the process that the folder belongs to. */
const NAME = /^tetrad-faiss-(\d+)-\w{6}$/;
/** A younger one may belong to a process of another container, whose number says nothing here. */
const ORPHAN_AGE_MS = 3_600_000;

/**
 * A new folder, which is removed when the action is done. Nobody else knows of it: what native code
 * reads there is what was written there.
 *
 * @param parent where the folder is to be; made if need be. Where that cannot be, it is among the
 *   system's temporary ones
 */
export async function withScratchFolder<T>(
  parent: string,
  action: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await makeFolder(parent).catch(() => makeFolder(tmpdir()));
  try {
    return await action(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function makeFolder(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  await reapOrphans(parent);
  return mkdtemp(join(parent, `${PREFIX}${process.pid}-`));
}

/** Removes what processes left that were killed. */
async function reapOrphans(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = NAME.exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    const folder = join(parent, name);
    try {
      const { mtimeMs } = await stat(folder);
      if (Date.now() - mtimeMs >= ORPHAN_AGE_MS) await rm(folder, { recursive: true });
    } catch {
      // Another process was faster, or it is somebody else's.
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
