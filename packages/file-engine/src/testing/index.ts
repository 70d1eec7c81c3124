/** For tests of storages on files: file systems that fail, and one that loses what was not synced. */
export { type FileSystem, fileSystemOption, nodeFileSystem } from "../files/file-system.js";
export {
  type FaultPlan,
  FaultyFileSystem,
  type FileOperation,
  type RecordedOperation,
} from "./faulty-file-system.js";
export { type FileTarget, fileTarget } from "./file-target.js";
export { type CrashChoice, SimulatedDisk } from "./simulated-disk.js";
export { SimulatedProcess } from "./simulated-process.js";
