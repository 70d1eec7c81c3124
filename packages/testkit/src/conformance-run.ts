/** How a case is run: as it is, beside a second workspace, or with a close and reopen before it looks. */
export type CaseVariant = "direct" | "beside" | "reopened";

export interface ConformanceResult {
  /** The case's stable id. */
  readonly id: string;
  readonly variant: CaseVariant;
  readonly title: string;
  readonly status: "passed" | "unsupported" | "failed";
  /** Why it is unsupported. */
  readonly reason?: string;
  /** What it failed with. */
  readonly error?: unknown;
}

/** A case in one variant, ready to be run. */
export interface ConformanceRun {
  readonly id: string;
  readonly variant: CaseVariant;
  readonly title: string;
  run(): Promise<ConformanceResult>;
}

export interface ConformanceOptions {
  /** Only cases whose id contains this. */
  readonly filter?: string | undefined;
  /** Random sequences of operations held against the reference. Default: 30; 0 leaves them out. */
  readonly randomSequences?: number | undefined;
  /** Seed of the random sequences; a failure names the one it had. */
  readonly seed?: number | undefined;
}
