import { prepareLightRag } from "./lightrag-environment.js";

async function main(): Promise<void> {
  const python = await prepareLightRag((message) => process.stderr.write(`${message}\n`));
  process.stdout.write(`${python}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
