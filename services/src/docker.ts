import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

let answers: Promise<boolean> | undefined;

/** Whether a Docker engine answers. Asked once. */
export function hasDocker(): Promise<boolean> {
  answers ??= run("docker", ["version", "--format", "{{.Server.Version}}"], { timeout: 5000 }).then(
    () => true,
    () => false,
  );
  return answers;
}

/** The command that runs a container in the foreground, gone when it ends, with a port on loopback. */
export function dockerRun(
  image: string,
  port: { readonly host: number; readonly container: number },
  args: { readonly options?: readonly string[]; readonly command?: readonly string[] } = {},
): { command: string; args: string[] } {
  const publish = `127.0.0.1:${port.host}:${port.container}`;
  return {
    command: "docker",
    args: ["run", "--rm", "--publish", publish, ...(args.options ?? []), image, ...(args.command ?? [])],
  };
}
