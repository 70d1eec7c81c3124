#!/usr/bin/env node
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import type { StorageType } from "@tetrad/core";

import type { ConformanceTarget } from "./conformance-case.js";
import type { ConformanceOptions, ConformanceResult } from "./conformance-run.js";
import { conformanceRuns, runConformance } from "./run-conformance.js";

const USAGE = `tetrad-testkit: runs the conformance cases of a storage contract

  tetrad-testkit <type> <module> [--filter TEXT] [--random N] [--seed N] [--json]

<type>     kv, vector, graph or doc-status
<module>   a file whose default export is { open(options), reset() }
--filter   only cases whose id contains TEXT
--random   random sequences of operations held against the reference (default 30)
--seed     seed of these sequences
--json     one line of JSON for each result

It ends with 0 when no case failed, with 1 when one did, and with 2 when nothing could be run.
`;

const TYPES: ReadonlyMap<string, StorageType> = new Map([
  ["kv", "KV_STORAGE"],
  ["vector", "VECTOR_STORAGE"],
  ["graph", "GRAPH_STORAGE"],
  ["doc-status", "DOC_STATUS_STORAGE"],
]);

/** What is wrong with how the command was called. */
class UsageError extends Error {}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      filter: { type: "string" },
      random: { type: "string" },
      seed: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const [kind = "", file = ""] = positionals;
  const type = TYPES.get(kind);
  if (type === undefined) throw new UsageError(`"${kind}" is not a kind of storage`);
  if (file === "") throw new UsageError("There is no module to test");
  const target = await loadTarget(file);
  const options: ConformanceOptions = {
    filter: values.filter,
    randomSequences: wholeNumber("--random", values.random),
    seed: wholeNumber("--seed", values.seed),
  };
  if (conformanceRuns(type, target, options).length === 0)
    throw new UsageError(`No case has "${values.filter}" in its id`);
  const results = await runConformance(type, target, {
    ...options,
    onResult: (result) => process.stdout.write(values.json ? formatJson(result) : formatLine(result)),
  });
  const failed = results.filter(({ status }) => status === "failed").length;
  if (!values.json) process.stdout.write(formatSummary(results, failed));
  return failed === 0 ? 0 : 1;
}

async function loadTarget(file: string): Promise<ConformanceTarget> {
  const { default: target } = (await import(pathToFileURL(file).href)) as {
    default?: Partial<ConformanceTarget>;
  };
  if (typeof target?.open !== "function" || typeof target.reset !== "function")
    throw new UsageError(`The default export of ${file} is not { open(options), reset() }`);
  return target as ConformanceTarget;
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new UsageError(`${option} has to be a whole number, not "${text}"`);
  return Number(text);
}

function formatSummary(results: readonly ConformanceResult[], failed: number): string {
  const unsupported = results.filter(({ status }) => status === "unsupported").length;
  const passed = results.length - failed - unsupported;
  return `\n${passed} passed, ${unsupported} not supported, ${failed} failed\n`;
}

function formatLine({ status, id, variant, title, reason, error }: ConformanceResult): string {
  const detail =
    status === "failed"
      ? `\n    ${messageOf(error).replaceAll("\n", "\n    ")}`
      : reason === undefined
        ? ""
        : ` (${reason})`;
  return `${status.padEnd(11)} ${id} (${variant}): ${title}${detail}\n`;
}

function formatJson({ error, ...result }: ConformanceResult): string {
  return `${JSON.stringify(error === undefined ? result : { ...result, error: messageOf(error) })}\n`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n\n${USAGE}`);
    process.exitCode = 2;
  },
);
