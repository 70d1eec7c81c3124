/** `full`: survives a power cut. `process`: survives the end of the process. */
export type Durability = "full" | "process";
