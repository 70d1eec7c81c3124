import { retryTransient, SharedClients, splitBatches } from "@tetrad/core/plugin";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

interface Client {
  readonly number: number;
  isOpen: boolean;
}

function fleet(): {
  clients: Client[];
  open: () => Promise<Client>;
  close: (client: Client) => Promise<void>;
} {
  const clients: Client[] = [];
  return {
    clients,
    async open() {
      const client = { number: clients.length, isOpen: true };
      clients.push(client);
      await Promise.resolve();
      return client;
    },
    async close(client) {
      await Promise.resolve();
      client.isOpen = false;
    },
  };
}

describe("clients of servers", () => {
  test("are one for each server, however many ask at once", async () => {
    const shared = new SharedClients<Client>();
    const lifecycle = fleet();
    const leases = await Promise.all(["a", "a", "b", "a"].map((key) => shared.acquire(key, lifecycle)));
    expect(leases.map(({ client }) => client.number)).toEqual([0, 0, 1, 0]);
  });

  test("are closed with the last one, and opened anew after that", async () => {
    const shared = new SharedClients<Client>();
    const lifecycle = fleet();
    const [first, second] = [await shared.acquire("a", lifecycle), await shared.acquire("a", lifecycle)];
    await first.release();
    await first.release();
    expect(second.client.isOpen).toBe(true);
    await second.release();
    expect(second.client.isOpen).toBe(false);
    expect((await shared.acquire("a", lifecycle)).client).toEqual({ number: 1, isOpen: true });
  });

  test("are not opened again before the one before is closed", async () => {
    const shared = new SharedClients<Client>();
    const lifecycle = fleet();
    const lease = await shared.acquire("a", lifecycle);
    const [, next] = await Promise.all([lease.release(), shared.acquire("a", lifecycle)]);
    expect([lease.client.isOpen, next.client.isOpen]).toEqual([false, true]);
  });

  test("that could not be opened are tried again", async () => {
    const shared = new SharedClients<Client>();
    const lifecycle = fleet();
    const failing = { ...lifecycle, open: () => Promise.reject(new Error("refused")) };
    const asked = [shared.acquire("a", failing), shared.acquire("a", failing)];
    for (const each of asked) await expect(each).rejects.toThrow("refused");
    expect((await shared.acquire("a", lifecycle)).client.number).toBe(0);
  });

  test("that cannot be closed do not keep others from being opened", async () => {
    const shared = new SharedClients<Client>();
    const lifecycle = fleet();
    const lease = await shared.acquire("a", {
      ...lifecycle,
      close: () => Promise.reject(new Error("stuck")),
    });
    await expect(lease.release()).rejects.toThrow("stuck");
    expect((await shared.acquire("a", lifecycle)).client.number).toBe(1);
  });
});

describe("a client that takes long to open", () => {
  function slowly(): ReturnType<typeof fleet> & { signals: AbortSignal[]; go: () => void } {
    const lifecycle = fleet();
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    const signals: AbortSignal[] = [];
    return {
      ...lifecycle,
      signals,
      go: () => go(),
      async open(signal?: AbortSignal) {
        if (signal !== undefined) signals.push(signal);
        await gate;
        return lifecycle.open();
      },
    };
  }

  test("is given up by one, and comes to the others", async () => {
    const shared = new SharedClients<Client>();
    const lifecycle = slowly();
    const impatient = new AbortController();
    const asked = [
      shared.acquire("a", lifecycle, { signal: impatient.signal }),
      shared.acquire("a", lifecycle),
    ] as const;
    impatient.abort(new Error("too long"));
    await expect(asked[0]).rejects.toThrow("too long");
    lifecycle.go();
    const lease = await asked[1];
    expect([lease.client.isOpen, lifecycle.signals[0]?.aborted]).toEqual([true, false]);
    await lease.release();
    expect(lease.client.isOpen).toBe(false);
  });

  test("is told when nobody waits any more, and closed where it opens all the same", async () => {
    const shared = new SharedClients<Client>();
    const lifecycle = slowly();
    const reason = new Error("too long");
    const impatient = new AbortController();
    const asked = [1, 2].map(() => shared.acquire("a", lifecycle, { signal: impatient.signal }));
    impatient.abort(reason);
    for (const each of asked) await expect(each).rejects.toBe(reason);
    expect(lifecycle.signals.map((signal) => signal.reason as unknown)).toEqual([reason]);
    const next = shared.acquire("a", lifecycle);
    lifecycle.go();
    expect((await next).client).toEqual({ number: 1, isOpen: true });
    expect(lifecycle.clients[0]?.isOpen).toBe(false);
  });

  test("is not begun by somebody who has given up already", async () => {
    const shared = new SharedClients<Client>();
    const lifecycle = slowly();
    const signal = AbortSignal.abort(new Error("before"));
    await expect(shared.acquire("a", lifecycle, { signal })).rejects.toThrow("before");
    expect(lifecycle.signals).toEqual([]);
  });
});

describe("a call that may be repeated", () => {
  const options = {
    isTransient: (error: unknown) => String(error).includes("busy"),
    attempts: 3,
    firstPause: 1,
  };

  function failing(...failures: string[]): { calls: () => number; action: () => Promise<string> } {
    let calls = 0;
    const action = async (): Promise<string> => {
      const failure = failures[calls];
      calls += 1;
      if (failure !== undefined) throw new Error(failure);
      return "done";
    };
    return { calls: () => calls, action };
  }

  test("is repeated while it fails for what passes", async () => {
    const { action, calls } = failing("busy", "busy");
    await expect(retryTransient(action, options)).resolves.toBe("done");
    expect(calls()).toBe(3);
  });

  test("gives the last error after that many attempts", async () => {
    const { action, calls } = failing("busy 1", "busy 2", "busy 3", "busy 4");
    await expect(retryTransient(action, options)).rejects.toThrow("busy 3");
    expect(calls()).toBe(3);
  });

  test("fails at once for what does not pass", async () => {
    const { action, calls } = failing("wrong password");
    await expect(retryTransient(action, options)).rejects.toThrow("wrong password");
    expect(calls()).toBe(1);
  });

  test("is given up with its signal", async () => {
    const { action } = failing("busy", "busy");
    const signal = AbortSignal.timeout(5);
    await expect(retryTransient(action, { ...options, firstPause: 60_000, signal })).rejects.toThrow();
  });
});

test("batches hold everything in order, within their limits, and an item too large alone", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(20)),
      fc.integer({ min: 1, max: 5 }),
      fc.nat(30),
      (sizes, maxItems, maxBytes) => {
        const batches = [...splitBatches(sizes, { maxItems, maxBytes, bytesOf: (size) => size })];
        expect(batches.flat()).toEqual(sizes);
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(maxItems);
          const bytes = batch.reduce((sum, size) => sum + size, 0);
          if (batch.length > 1) expect(bytes).toBeLessThanOrEqual(maxBytes);
        }
        // Two neighbours that fit into one batch are one.
        for (const [index, batch] of batches.entries()) {
          const next = batches[index + 1]?.[0];
          if (next === undefined || batch.length === maxItems) continue;
          expect(batch.reduce((sum, size) => sum + size, next)).toBeGreaterThan(maxBytes);
        }
      },
    ),
  );
});
