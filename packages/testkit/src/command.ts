#!/usr/bin/env node
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import type { StorageType } from "@tetrad/core";

import type { ConformanceTarget } from "./conformance-case.js";
import { type ConformanceResult, runConformance } from "./run-conformance.js";

const USAGE = `tetrad-testkit: runs the conformance cases of a storage contract

  tetrad-testkit <type> <module> [--filter TEXT] [--random N] [--seed N] [--json]

<type>     kv, vector, graph or doc-status
<module>   a file whose default export is { open(options), reset() }
--filter   only cases whose id contains TEXT
--random   random sequences of operations held against the reference (default 30)
--seed     seed of these sequences
--json     one line of JSON for each result
`;

const TYPES: Readonly<Record<string, StorageType>> = {
  kv: "KV_STORAGE",
  vector: "VECTOR_STORAGE",
  graph: "GRAPH_STORAGE",
  "doc-status": "DOC_STATUS_STORAGE",
};

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
  const type = TYPES[kind];
  if (type === undefined || file === "") {
    process.stderr.write(USAGE);
    return 2;
  }
  const { default: target } = (await import(pathToFileURL(file).href)) as { default: ConformanceTarget };
  const results = await runConformance(type, target, {
    filter: values.filter,
    randomSequences: values.random === undefined ? undefined : Number(values.random),
    seed: values.seed === undefined ? undefined : Number(values.seed),
    onResult: (result) => process.stdout.write(values.json ? formatJson(result) : formatLine(result)),
  });
  const failed = results.filter(({ status }) => status === "failed").length;
  const unsupported = results.filter(({ status }) => status === "unsupported").length;
  if (!values.json)
    process.stdout.write(
      `\n${results.length - failed - unsupported} passed, ${unsupported} not supported, ${failed} failed\n`,
    );
  return failed === 0 && results.length > 0 ? 0 : 1;
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
