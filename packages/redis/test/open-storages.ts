import { randomUUID } from "node:crypto";

import {
  createStorage,
  type DocStatusInput,
  type DocStatusStorage,
  type KVStorage,
  type Logger,
} from "@tetrad/core";
import { Redis } from "ioredis";
import { afterEach } from "vitest";

export interface OpenOptions {
  readonly workspace?: string;
  readonly namespace?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly logger?: Logger;
  readonly client?: object;
}

/** What is closed after each test, last opened first. */
const opened: (() => Promise<unknown>)[] = [];
export function closeAfterTest(close: () => Promise<unknown>): void {
  opened.push(close);
}

export function useOpenStorages(): void {
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });
}

const silence: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** A name that no other test has. */
export function newWorkspace(): string {
  return randomUUID().slice(0, 13);
}

function optionsFor(uri: string, options: OpenOptions, namespace: string) {
  const { workspace = newWorkspace(), env = {}, logger = silence, client } = options;
  return {
    namespace: options.namespace ?? namespace,
    workspace,
    env: { REDIS_URI: uri, ...env },
    logger,
    resolveFrom: import.meta.url,
    ...(client === undefined ? {} : { client }),
  };
}

export async function openKV(uri: string, options: OpenOptions = {}): Promise<KVStorage> {
  const storage = await createStorage("KV_STORAGE", "RedisKVStorage", optionsFor(uri, options, "full_docs"));
  closeAfterTest(() => storage.finalize());
  return storage;
}

export async function openDocs(uri: string, options: OpenOptions = {}): Promise<DocStatusStorage> {
  const resolved = optionsFor(uri, options, "doc_status");
  const storage = await createStorage("DOC_STATUS_STORAGE", "RedisDocStatusStorage", resolved);
  closeAfterTest(() => storage.finalize());
  return storage;
}

/** A client of the test's own, to look at what is stored. */
export function openClient(uri: string): Redis {
  const client = new Redis(uri);
  closeAfterTest(async () => client.disconnect());
  return client;
}

export function document(fields: Partial<DocStatusInput> = {}): DocStatusInput {
  return { status: "pending", content_summary: "about it", content_length: 8, file_path: "a.txt", ...fields };
}
