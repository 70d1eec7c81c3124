import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Files as `certificatesFor` leaves them beside one another. */
export interface RevocationOptions {
  readonly authority: string;
  readonly authorityKey: string;
  /** What the authority withdraws; without one its list is empty. */
  readonly revoked?: string;
}

/** The authority's list of withdrawn certificates. @returns its file, in PEM */
export async function revocationList({
  authority,
  authorityKey,
  revoked,
}: RevocationOptions): Promise<string> {
  const name = revoked === undefined ? "none-withdrawn" : "withdrawn";
  const file = (suffix: string): string => join(dirname(authority), `${name}${suffix}`);
  await writeFile(file("-database.txt"), "");
  await writeFile(file("-number.txt"), "01\n");
  await writeFile(
    file(".conf"),
    `[ca]
default_ca = list
[list]
database = ${file("-database.txt")}
crlnumber = ${file("-number.txt")}
default_md = sha256
default_crl_days = 2
`,
  );
  const ca = ["ca", "-config", file(".conf"), "-cert", authority, "-keyfile", authorityKey];
  if (revoked !== undefined) await run("openssl", [...ca, "-revoke", revoked]);
  await run("openssl", [...ca, "-gencrl", "-out", file(".pem")]);
  return file(".pem");
}
