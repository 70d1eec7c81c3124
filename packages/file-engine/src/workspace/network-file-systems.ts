import { StorageCapabilityError } from "@tetrad/core";

import type { FileSystem } from "../files/file-system.js";

/** File systems whose locks and syncs other machines may not see, by Linux's numbers. */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB 2"],
  [0x01021997, "9P"],
  [0x00c36400, "Ceph"],
  [0x5346414f, "AFS"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
]);

/** @throws StorageCapabilityError for a folder on a network file system */
export async function refuseNetworkFolder(fileSystem: FileSystem, folder: string): Promise<void> {
  // A system that does not tell is not refused.
  const kind = await fileSystem.kindOf(folder).catch(() => null);
  const name = kind === null ? undefined : NETWORK_FILE_SYSTEMS.get(kind);
  if (name === undefined) return;
  throw new StorageCapabilityError(
    `${folder} is on a network file system (${name}), where locks between machines cannot be relied on. Name a WORKING_DIR on a local disk, or set TETRAD_NETWORK_FOLDERS=allow if one machine alone uses it.`,
  );
}
