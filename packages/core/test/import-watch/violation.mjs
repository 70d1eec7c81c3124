import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { lookup } from "node:dns";
import { createReadStream, existsSync, readFile, readFileSync } from "node:fs";
import * as promises from "node:fs/promises";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { Worker } from "node:worker_threads";

/** What a module must not do when it is imported. The query of the import says which of them it does. */
const outside = new URL("../../package.json", import.meta.url);
const violations = {
  readFileSync: () => readFileSync(outside),
  readFile: () => readFile(outside, () => {}),
  "promises.readFile": () => promises.readFile(outside),
  createReadStream: () => createReadStream(outside).resume(),
  existsSync: () => existsSync(outside),
  connect: () => connect(9, "127.0.0.1").on("error", () => {}),
  listen: () => createServer().listen(0, "127.0.0.1").unref(),
  fetch: () => fetch("http://127.0.0.1:40404/").catch(() => {}),
  datagram: () => createSocket("udp4").bind(0, "127.0.0.1").unref(),
  lookup: () => lookup("localhost", () => {}),
  spawn: () => spawn(process.execPath, ["--version"], { stdio: "ignore" }),
  execFileSync: () => execFileSync(process.execPath, ["--version"]),
  worker: () => new Worker("", { eval: true }),
  require: () => createRequire(import.meta.url)("./required.cjs"),
  import: () => import("./report.mjs?again"),
  "later readFileSync": () => setTimeout(() => readFileSync(outside), 20),
  timer: () => setInterval(() => {}, 1_000),
  output: () => console.log("loaded"),
};

await violations[decodeURIComponent(new URL(import.meta.url).search.slice(1))]();
