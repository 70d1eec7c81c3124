import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";

import { cached } from "./cache-folder.js";
import { findCommand } from "./find-command.js";
import { ServiceMissingError } from "./service.js";

const run = promisify(execFile);

export interface JavaProgram {
  /** For messages and for the folder in the cache. */
  readonly name: string;
  /** Maven's coordinates, as `group:artifact:version`; what they need comes along. */
  readonly artifacts: readonly string[];
  /** A source file, and its content. */
  readonly source: string;
  readonly text: string;
}

/**
 * A small Java program with its libraries from Maven Central, compiled into the cache folder.
 *
 * @returns the folder: classes in `classes`, jars in `lib`
 * @throws ServiceMissingError where Java or Maven is missing, or the libraries cannot be had
 */
export async function buildJavaProgram(program: JavaProgram): Promise<string> {
  const { name, artifacts, source, text } = program;
  for (const command of ["java", "javac", "mvn"]) {
    if ((await findCommand(command)) !== null) continue;
    throw new ServiceMissingError(`${name} needs ${command}; Debian has it in openjdk-17-jdk and maven`);
  }
  const hash = createHash("sha256")
    .update([...artifacts, text].join("\n"))
    .digest("hex");
  return cached(`${name}-${hash.slice(0, 12)}`, async (folder) => {
    const pom = join(folder, "pom.xml");
    await writeFile(pom, pomOf(name, artifacts));
    try {
      const copy = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=lib`];
      await run("mvn", ["-q", "-B", "-f", pom, ...copy], { cwd: folder });
      await run("javac", ["-cp", join(folder, "lib", "*"), "-d", join(folder, "classes"), source]);
    } catch (cause) {
      const { stderr, stdout, message } = cause as Error & { stderr?: string; stdout?: string };
      const said = (stderr || stdout || message).trim().split("\n").slice(0, 5).join("\n");
      throw new ServiceMissingError(`${basename(source)} and its libraries could not be had: ${said}`, {
        cause,
      });
    }
  });
}

function pomOf(name: string, artifacts: readonly string[]): string {
  const dependencies = artifacts.map((artifact) => {
    const [group, id, version] = artifact.split(":");
    return `<dependency><groupId>${group}</groupId><artifactId>${id}</artifactId><version>${version}</version></dependency>`;
  });
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>',
    `<groupId>tetrad</groupId><artifactId>${name}</artifactId><version>1</version>`,
    `<dependencies>${dependencies.join("")}</dependencies></project>`,
  ].join("\n");
}
