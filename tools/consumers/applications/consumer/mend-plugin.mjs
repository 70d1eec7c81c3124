import { existsSync, writeFileSync } from "node:fs";

import { loadStorageClass } from "@tetrad/core";

import { describeError } from "./describe-error.mjs";

/** Loads a storage whose dependency was never built, builds it, and loads it again. */
const name = "unbuilt-storage#UnbuiltKVStorage";
const load = () => loadStorageClass("KV_STORAGE", name).then(({ name }) => name, describeError);
const dependency = ["./plugins", "./node_modules"].find((folder) => existsSync(folder));

const [before, atTheSameTime] = await Promise.all([load(), load()]);
writeFileSync(`${dependency}/unbuilt-dependency/index.js`, "export const rows = new Map();\n");
const after = await load();
console.log(JSON.stringify({ before, atTheSameTime, after }));
