import { setTimeout as sleep } from "node:timers/promises";

import {
  type RetryOptions,
  retryTransient,
  type StorageErrorOptions,
  untilAborted,
} from "@tetrad/core/plugin";
import calculateSlot from "cluster-key-slot";
import type { Cluster, Redis } from "ioredis";

import { isCluster, type RedisConnection } from "./connection.js";
import type { LuaScript } from "./lua-scripts.js";
import { describeRedisError, isPassing, replyCode } from "./redis-errors.js";

export type RedisArgument = string | number;

/** A command with its arguments, or a script with its keys and arguments. */
export interface RedisCommand {
  readonly name: string;
  readonly args: readonly RedisArgument[];
  /** Answers come as bytes. */
  readonly asBuffers?: boolean;
  readonly script?: LuaScript;
}

export interface RunOptions {
  /** What an unanswered command may have left behind. */
  readonly outcome?: StorageErrorOptions["outcome"];
  readonly signal?: AbortSignal | undefined;
  /** The node of a cluster to ask, where the command names no key. */
  readonly node?: Redis | undefined;
}

export function command(name: string, ...args: RedisArgument[]): RedisCommand {
  return { name, args };
}

export function scriptCall(
  script: LuaScript,
  keys: readonly string[],
  args: readonly RedisArgument[],
): RedisCommand {
  return { name: "evalsha", args: [script.sha, keys.length, ...keys, ...args], script };
}

/** Pauses between the attempts of a command, in milliseconds. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 8000;

/** Sends commands to the server, many in one request, again where that helps, and gives errors their type. */
export class RedisCommands {
  readonly connection: RedisConnection;
  readonly #retry: RetryOptions;

  constructor(connection: RedisConnection, attempts: number) {
    this.connection = connection;
    this.#retry = {
      isTransient: isPassing,
      attempts,
      firstPause: FIRST_PAUSE,
      longestPause: LONGEST_PAUSE,
    };
  }

  get isCluster(): boolean {
    return isCluster(this.connection.client);
  }

  async one(single: RedisCommand, options?: RunOptions): Promise<unknown> {
    const [answer] = await this.run([single], options);
    return answer;
  }

  /**
   * Runs commands that may be run twice. They are sent in order, in one request (on a cluster one for
   * each node); what failed for a reason that passes is sent again.
   *
   * @returns their answers, in the same order
   */
  async run(commands: readonly RedisCommand[], options: RunOptions = {}): Promise<unknown[]> {
    const answers: unknown[] = Array.from({ length: commands.length });
    let left = commands.map((_, index) => index);
    const attempt = async (): Promise<void> => {
      const asked = left;
      const sent = asked.map((index) => commands[index] as RedisCommand);
      const outcomes = await this.#send(sent, options);
      left = [];
      let failure: unknown;
      for (const [position, index] of asked.entries()) {
        const outcome = outcomes[position];
        if (outcome instanceof Error) {
          left.push(index);
          // What does not pass goes before what does.
          if (failure === undefined || isPassing(failure)) failure = outcome;
        } else answers[index] = outcome;
      }
      if (failure !== undefined) throw failure;
    };
    try {
      await retryTransient(attempt, { ...this.#retry, signal: options.signal });
    } catch (error) {
      options.signal?.throwIfAborted();
      throw describeRedisError(error, this.connection.server, options.outcome);
    }
    return answers;
  }

  /** Keys in groups that one command may name: all of them, or on a cluster those of one slot. */
  groups(keys: readonly string[]): number[][] {
    if (!this.isCluster) return [keys.map((_, index) => index)];
    const bySlot = new Map<number, number[]>();
    for (const [index, key] of keys.entries()) {
      const slot = calculateSlot(key);
      const group = bySlot.get(slot);
      if (group === undefined) bySlot.set(slot, [index]);
      else group.push(index);
    }
    return [...bySlot.values()];
  }

  /**
   * The nodes that hold keys, or the one that holds a key: each has a keyspace of its own to be scanned.
   *
   * @throws StorageUnavailableError where one of them is not connected: what it holds would be left out
   */
  async nodes(key?: string, signal?: AbortSignal): Promise<Redis[]> {
    const { client, server } = this.connection;
    if (!isCluster(client)) return [client];
    try {
      return await retryTransient(() => untilAborted(() => nodesOf(client, key), signal), {
        ...this.#retry,
        signal,
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw describeRedisError(error, server);
    }
  }

  /** @returns an answer or an error for each */
  async #send(commands: readonly RedisCommand[], options: RunOptions): Promise<unknown[]> {
    const outcomes = await this.#sendOnce(commands, options);
    const unknown = outcomes.flatMap((outcome, index) => (replyCode(outcome) === "NOSCRIPT" ? [index] : []));
    if (unknown.length === 0) return outcomes;
    const withSources = unknown.map((index) => withSource(commands[index] as RedisCommand));
    const again = await this.#sendOnce(withSources, options);
    for (const [position, index] of unknown.entries()) outcomes[index] = again[position];
    return outcomes;
  }

  async #sendOnce(commands: readonly RedisCommand[], { node, signal }: RunOptions): Promise<unknown[]> {
    const { client } = this.connection;
    this.connection.wake();
    try {
      const send = (): Promise<unknown[]> =>
        node !== undefined || !isCluster(client)
          ? sendPipeline(node ?? client, commands)
          : sendEach(client, commands);
      const outcomes = await untilAborted(() => this.#withTimeout(send()), signal);
      return outcomes.map((outcome) => this.#moreTelling(outcome));
    } catch (error) {
      return commands.map(() => this.#moreTelling(error));
    }
  }

  async #withTimeout(sent: Promise<unknown[]>): Promise<unknown[]> {
    const { answerTimeout } = this.connection;
    if (answerTimeout === null) return sent;
    const timer = new AbortController();
    const late = sleep(answerTimeout, undefined, { signal: timer.signal }).then(() => {
      throw new Error(`no answer within ${answerTimeout} ms`);
    });
    // Whichever comes second has nobody to listen to it.
    late.catch(() => {});
    try {
      return await Promise.race([sent, late]);
    } finally {
      timer.abort();
    }
  }

  /** Commands on a lost connection fail with the client's own words; what was wrong with it says more. */
  #moreTelling(outcome: unknown): unknown {
    const { lastError } = this.connection;
    if (!(outcome instanceof Error) || replyCode(outcome) !== null || lastError === undefined) return outcome;
    return lastError;
  }
}

/** The nodes that a cluster's slots are on, after another look where one of them is not connected. */
async function nodesOf(cluster: Cluster, key?: string): Promise<Redis[]> {
  const slots = key === undefined ? cluster.slots : [cluster.slots[calculateSlot(key)]];
  const owners = new Set(Array.from(slots, (nodes) => nodes?.[0] ?? "a slot that no node has"));
  const masters = new Map(
    cluster.nodes("master").map((node) => [`${node.options.host}:${node.options.port}`, node]),
  );
  const missing = [...owners].filter((owner) => !masters.has(owner));
  if (missing.length === 0 && owners.size > 0)
    return [...masters].flatMap(([name, node]) => (owners.has(name) ? [node] : []));
  await new Promise<void>((resolve) => cluster.refreshSlotsCache(() => resolve()));
  throw new Error(`not connected to every node: ${missing.join(", ")}`);
}

async function sendPipeline(client: Redis | Cluster, commands: readonly RedisCommand[]): Promise<unknown[]> {
  const pipeline = client.pipeline();
  for (const { name, args, asBuffers } of commands) {
    if (asBuffers === true) pipeline.callBuffer(name, ...args);
    else pipeline.call(name, ...args);
  }
  const results = (await pipeline.exec()) ?? [];
  return results.map(([error, answer]) => error ?? answer);
}

/** The client finds the node of each, and follows where slots have moved to. */
async function sendEach(client: Cluster, commands: readonly RedisCommand[]): Promise<unknown[]> {
  const results = await Promise.allSettled(
    commands.map(async ({ name, args, asBuffers }) =>
      asBuffers === true ? client.callBuffer(name, ...args) : client.call(name, ...args),
    ),
  );
  return results.map((result) => (result.status === "fulfilled" ? result.value : asError(result.reason)));
}

function withSource({ args, ...rest }: RedisCommand): RedisCommand {
  if (rest.script === undefined) return { args, ...rest };
  return { ...rest, name: "eval", args: [rest.script.source, ...args.slice(1)] };
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** Runs an action on each of many batches, a few at a time: one is made while others are under way. */
export async function eachBatch<T>(
  batches: Iterable<T>,
  action: (batch: T) => Promise<void>,
  atOnce = 4,
): Promise<void> {
  const iterator = batches[Symbol.iterator]();
  const failures: unknown[] = [];
  const work = async (): Promise<void> => {
    // Where one has failed no more are begun; the caller is told when none is under way.
    while (failures.length === 0) {
      const step = iterator.next();
      if (step.done === true) return;
      await action(step.value).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (failures.length > 0) throw failures[0];
}
