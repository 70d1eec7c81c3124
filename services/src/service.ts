/** A server as tests and benches see it. */
export interface RunningService {
  /** The variables that name it, as an application would set them. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends it, and removes what it kept; nothing happens to a server that was there before. */
  stop(): Promise<void>;
}

/** A server of our own, which may also be made to fail. */
export interface OwnService extends RunningService {
  /** Ends it at once, as a crash would; its data stays. */
  kill(): Promise<void>;
  /** Starts it again where it was, on the same port and the same data. */
  restart(): Promise<void>;
}

/** A kind of server, and the ways to have one. */
export interface Service<Options = void> {
  /** For messages: `Redis`. */
  readonly name: string;
  /** The variable that names one that is there already, if any: it goes before all other ways. */
  readonly variable: string;
  /**
   * A server of our own, on a free loopback port and with a folder of its own.
   *
   * @throws ServiceMissingError where none can be had
   */
  start(options: Options): Promise<OwnService>;
}

/** Why a server cannot be had on this machine, and what would help. */
export class ServiceMissingError extends Error {
  override readonly name = "ServiceMissingError";
}
