import { defineSettings } from "@tetrad/core/plugin";

/** The settings of every storage on files. */
export const fileSettings = defineSettings({
  durability: {
    variable: "TETRAD_DURABILITY",
    type: "choice",
    choices: ["full", "process"],
    default: "full",
    description: "What a commit survives: `full` a power cut, `process` only the end of the process",
    configIni: { section: "tetrad", key: "durability" },
  },
  snapshot: {
    variable: "TETRAD_SNAPSHOT",
    type: "choice",
    choices: ["finalize", "threshold", "commit"],
    default: "finalize",
    description: "When LightRAG's files follow a commit at the latest",
    configIni: { section: "tetrad", key: "snapshot" },
  },
  lockTimeoutMs: {
    variable: "TETRAD_LOCK_TIMEOUT_MS",
    type: "integer",
    unit: "ms",
    min: 0,
    max: 3_600_000,
    default: 30_000,
    description: "How long to wait for another process that writes to the same workspace",
    configIni: { section: "tetrad", key: "lock_timeout_ms" },
  },
  lock: {
    variable: "TETRAD_LOCK",
    type: "choice",
    choices: ["kernel", "none"],
    default: "kernel",
    description: "`none` where no other process ever opens the folder and the system has no file locks",
    configIni: { section: "tetrad", key: "lock" },
  },
  networkFolders: {
    variable: "TETRAD_NETWORK_FOLDERS",
    type: "choice",
    choices: ["refuse", "allow"],
    default: "refuse",
    description: "Whether to write to network file systems (NFS, SMB, 9P, Ceph, AFS, Lustre)",
    configIni: { section: "tetrad", key: "network_folders" },
  },
});
