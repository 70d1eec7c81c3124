import childProcess from "node:child_process";
import dgram from "node:dgram";
import dns from "node:dns";
import fs from "node:fs";
import Module, { register, syncBuiltinESMExports } from "node:module";
import net from "node:net";
import workerThreads from "node:worker_threads";

import { report } from "./report.mjs";

/*
 * Preloaded, it reports every file, socket, process, thread and module that code loaded later asks
 * Node for, and lets it have them. Node itself loads modules by other ways, which stay unseen; the
 * loader hooks report those.
 */

register("./report-loads.mjs", import.meta.url);

watch("file", fs, functionsOf(fs));
watch("file", fs.promises, functionsOf(fs.promises));
watch("socket", net.Socket.prototype, ["connect"]);
watch("socket", net.Server.prototype, ["listen"]);
watch("socket", dgram.Socket.prototype, ["bind", "connect", "send"]);
watch("socket", dns, functionsOf(dns));
watch("socket", dns.promises, functionsOf(dns.promises));
watch("process", childProcess.ChildProcess.prototype, ["spawn"]);
watch("process", childProcess, ["spawnSync", "execSync", "execFileSync"]);
watch("module", Module, ["_load"]);
watch("module", process, ["dlopen"]);
workerThreads.Worker = new Proxy(workerThreads.Worker, {
  construct(target, args, newTarget) {
    report("process", "Worker", args[0]);
    return Reflect.construct(target, args, newTarget);
  },
});
syncBuiltinESMExports();

function functionsOf(object) {
  return Object.keys(object).filter((name) => typeof object[name] === "function" && /^[a-z]/.test(name));
}

function watch(kind, object, names) {
  for (const name of names) {
    const original = object[name];
    const watched = function (...args) {
      report(kind, name, args[0]);
      return Reflect.apply(original, this, args);
    };
    object[name] = Object.defineProperties(watched, Object.getOwnPropertyDescriptors(original));
  }
}
