/**
 * The exact searches of Python, each in a process of its own: numpy's product and sort, and the flat
 * index of faiss. They need an environment of their own, made in the cache folder on first use.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const PACKAGES = ["numpy==2.4.6", "faiss-cpu==1.15.1"];

/** Reads rows and queries from files; answers a line with milliseconds, and the best rows of the first query. */
const PROGRAM = `
import sys, time, numpy
peer, rows_file, queries_file, dimension, top = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
rows = numpy.fromfile(rows_file, dtype=numpy.float32).reshape(-1, dimension)
queries = numpy.fromfile(queries_file, dtype=numpy.float32).reshape(-1, dimension)
if peer == "faiss":
    import faiss
    index = faiss.IndexFlatIP(dimension)
    index.add(rows)
    search = lambda asked: index.search(asked, top)[1]
else:
    def search(asked):
        if len(asked) == 1:
            return numpy.argsort(rows @ asked[0])[::-1][None, :top]
        return numpy.argsort(asked @ rows.T, axis=1)[:, ::-1][:, :top]
print("ready", flush=True)
for line in sys.stdin:
    first, count = map(int, line.split())
    start = time.perf_counter()
    found = search(queries[first:first + count])
    took = (time.perf_counter() - start) * 1000
    print(took, *found[0], flush=True)
`;

/** @returns the path of a Python that has the packages, or `null`, with the reason on standard error */
export function peersPython() {
  const cache =
    process.env.TETRAD_CACHE_DIR || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "tetrad");
  const folder = join(cache, `bench-${PACKAGES.join("-").replaceAll("==", "-")}`);
  const python = join(folder, "bin", "python");
  if (existsSync(join(folder, "ready"))) return python;
  try {
    execFileSync(process.env.TETRAD_PYTHON || "python3", ["-m", "venv", "--clear", folder], {
      stdio: "pipe",
    });
    execFileSync(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PACKAGES], {
      stdio: "pipe",
    });
    execFileSync(python, ["-c", `import faiss; open(${JSON.stringify(join(folder, "ready"))}, "w")`]);
    return python;
  } catch (error) {
    console.error(`Without numpy and faiss: ${error.message}`);
    return null;
  }
}

/** A peer that has read the rows. */
export async function startPeer(python, peer, { rowsFile, queriesFile, dimension, top }) {
  const child = spawn(python, ["-c", PROGRAM, peer, rowsFile, queriesFile, String(dimension), String(top)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  await once(lines, "line");
  return {
    /** Searches with `count` queries from `first` on. */
    async search(first, count) {
      child.stdin.write(`${first} ${count}\n`);
      const [line] = await once(lines, "line");
      const [milliseconds, ...best] = line.split(" ").map(Number);
      return { milliseconds, best };
    },
    stop: () => child.stdin.end(),
  };
}
