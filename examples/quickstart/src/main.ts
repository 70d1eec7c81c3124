import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { type Embedding, isStorageError, type OpenedStorages, openStorages } from "@tetrad/core";

import { answerQuestion } from "./answer-question.js";
import { chooseEmbedding } from "./choose-embedding.js";
import { QUESTIONS_ABOUT_TETRAD, questionsAbout } from "./choose-questions.js";
import { ingestDocuments } from "./ingest-documents.js";
import { Progress, withCount } from "./progress.js";
import { readDocuments, type SourceDocument } from "./read-documents.js";
import { describeAlternatives, describeAnswer, describeFiles, describeStorages } from "./report.js";
import { UsageError } from "./usage-error.js";

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));
/** Of this repository: the README and the guides, which are prose. Enough to search in, and read in seconds. */
const GUIDES =
  /^(?:README\.md|docs\/(?:(?:application|choosing-a-backend|durability|errors|lightrag-(?:compatibility|names))\.md)?)$/;
const USAGE = "Usage: npx -y pnpm demo [folder of .md and .txt files]";

const interruption = new AbortController();
const { signal } = interruption;
// Once: a second Ctrl-C ends the program at once.
process.once("SIGINT", () => interruption.abort());
process.once("SIGTERM", () => interruption.abort());
// Nobody reads the output any more, as with `| head`.
process.stdout.on("error", () => interruption.abort());

async function main(): Promise<void> {
  const started = performance.now();
  const ownFolder = readArguments();
  const { folder, documents } = await readCorpus(ownFolder);
  // The variables of `.env` count for this example as they do for the storages.
  if (existsSync(".env")) process.loadEnvFile(".env");
  process.env["WORKSPACE"] ||= "quickstart";

  print(`${countOf(documents.length, "document")} in ${folder}`);
  const model = await chooseEmbedding(process.env);
  print(`Embedding model: ${model.modelName}, ${model.dimension} dimensions`);
  const progress = new Progress(process.stdout.isTTY, print);
  const embedding = withCount(model, (texts) => progress.embedded(texts));

  await withStorages(embedding, async (storages) => {
    const stored = await ingestDocuments(storages, documents, progress, { signal });
    const unchanged = documents.length - stored;
    print(
      `${countOf(stored, "document")} stored, ${unchanged} unchanged since the last run (${secondsSince(started)})`,
    );
  });
  print("Closed. Opening again, to search what was kept.\n");
  await withStorages(model, async (storages) => {
    const questions =
      ownFolder === undefined ? QUESTIONS_ABOUT_TETRAD : await questionsAbout(storages, documents);
    for (const question of questions) {
      print(`${describeAnswer(await answerQuestion(storages, question, { signal }))}\n`);
    }
    await summarise(storages, documents, started);
  });
}

function readArguments(): string | undefined {
  const { positionals, values } = parseArgs({ allowPositionals: true, strict: false });
  if (positionals.length > 1 || Object.keys(values).length > 0) throw new UsageError(USAGE);
  return positionals[0];
}

async function readCorpus(
  ownFolder: string | undefined,
): Promise<{ folder: string; documents: SourceDocument[] }> {
  const folder = resolve(ownFolder ?? REPOSITORY);
  const documents = await readDocuments(folder, ownFolder === undefined ? GUIDES : undefined);
  if (documents.length === 0) {
    throw new UsageError(`There are no documents (.md, .txt) to read in ${folder}. ${USAGE}`);
  }
  return { folder, documents };
}

/** Opens the twelve storages for some work, and closes them whatever becomes of it. */
async function withStorages(
  embedding: Embedding,
  work: (storages: OpenedStorages) => Promise<void>,
): Promise<void> {
  const storages = await openStorages({ embedding });
  try {
    await work(storages);
  } catch (error) {
    // Half a document is worse than none: what is not committed yet is forgotten.
    // If closing fails too, the first failure is what the user has to know.
    await storages.finalize({ pending: "discard" }).catch(() => {});
    throw error;
  }
  await storages.finalize();
}

async function summarise(
  storages: OpenedStorages,
  documents: readonly SourceDocument[],
  started: number,
): Promise<void> {
  const { workspace } = storages.fullDocs;
  print(`In workspace "${workspace}":\n${await describeStorages(storages)}`);
  const others = (await storages.docStatus.count()) - documents.length;
  if (others > 0) {
    print(
      `Documents not from this folder: ${others} (deleted since, or from another one; WORKSPACE keeps folders apart)`,
    );
  }
  const files = describeFiles(process.env["WORKING_DIR"] || "./rag_storage", workspace);
  if (files !== null) print(files);
  print(`Time: ${secondsSince(started)}\n`);
  print(describeAlternatives());
}

function countOf(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

function secondsSince(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function reportFailure(error: unknown): void {
  if (signal.aborted) {
    process.stderr.write("Stopped. Run it again to go on where it stopped.\n");
    process.exitCode = 130;
    return;
  }
  const isExpected =
    isStorageError(error) || error instanceof UsageError || (error instanceof Error && "errno" in error);
  // Anything else is a mistake in this program: the place where it happened helps to find it.
  process.stderr.write(
    `${isExpected ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exitCode = 1;
}

main().catch(reportFailure);
