import type { OpenFile } from "./file-system.js";

/** Writes all bytes at a position, in as many steps as the system needs. */
export async function writeBytes(file: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let offset = 0; offset < bytes.length;) {
    const written = await file.write(bytes.subarray(offset), position + offset);
    if (written === 0) throw Object.assign(new Error("ENOSPC: nothing was written"), NO_SPACE);
    offset += written;
  }
}

const NO_SPACE = { code: "ENOSPC", syscall: "write" };
