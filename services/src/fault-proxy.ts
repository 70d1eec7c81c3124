import { once } from "node:events";
import { createConnection, createServer, type Server, type Socket } from "node:net";

/** What the proxy does with connections, those that are there included. */
export type ProxyMode =
  /** Passes everything on. */
  | "pass"
  /** Accepts connections and bytes, and passes nothing on: a network that lost its way. */
  | "stall"
  /** Ends each connection with a reset. */
  | "reset";

/** Stands between a client and a server on loopback, and does what networks do. */
export class FaultProxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #mode: ProxyMode = "pass";
  /** Bytes that clients may still send before their connection is reset. */
  #bytesUntilReset = Number.POSITIVE_INFINITY;

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  static async start(port: number, host = "127.0.0.1"): Promise<FaultProxy> {
    const proxy = new FaultProxy({ host, port });
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  /** The port for clients. */
  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("The proxy is closed");
    return address.port;
  }

  get connections(): number {
    return this.#connections.size;
  }

  set mode(mode: ProxyMode) {
    this.#mode = mode;
    for (const connection of this.#connections) this.#apply(connection);
  }

  /** Resets the connection on which clients have sent that many bytes more, in mid-command as a rule. Once. */
  resetAfter(bytes: number): void {
    this.#bytesUntilReset = bytes;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const { client, server } of this.#connections)
      for (const socket of [client, server]) socket.destroy();
    await closed;
  }

  #accept(client: Socket): void {
    const server = createConnection(this.#target);
    const connection = { client, server };
    this.#connections.add(connection);
    const sides = [
      [client, server],
      [server, client],
    ] as const;
    for (const [from, to] of sides) {
      from.setNoDelay(true);
      from.on("data", (bytes) => {
        if (from === client && this.#isTimeToReset(bytes.length)) reset(connection);
        else if (!to.write(bytes)) from.pause();
      });
      to.on("drain", () => this.#mode !== "stall" && from.resume());
      from.on("end", () => to.end());
      // A reset of one side is one of the other.
      from.on("error", () => to.resetAndDestroy());
      from.on("close", () => {
        to.destroy();
        this.#connections.delete(connection);
      });
    }
    this.#apply(connection);
  }

  #isTimeToReset(bytes: number): boolean {
    this.#bytesUntilReset -= bytes;
    if (this.#bytesUntilReset > 0) return false;
    this.#bytesUntilReset = Number.POSITIVE_INFINITY;
    return true;
  }

  #apply({ client, server }: Connection): void {
    if (this.#mode === "reset") return reset({ client, server });
    for (const socket of [client, server]) {
      if (this.#mode === "stall") socket.pause();
      else socket.resume();
    }
  }
}

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
}

function reset({ client, server }: Connection): void {
  client.resetAndDestroy();
  server.destroy();
}
