import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { findCommand } from "./find-command.js";
import { ServiceMissingError } from "./service.js";

const run = promisify(execFile);

/** Files in PEM. */
export interface Certificates {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/**
 * A certificate for a loopback address and its name, signed by an authority that nobody else knows.
 *
 * @throws ServiceMissingError where there is no openssl
 */
export async function certificatesFor(address: string, folder: string): Promise<Certificates> {
  if ((await findCommand("openssl")) === null)
    throw new ServiceMissingError("Certificates are made with openssl, which is not here. Install it.");
  const file = (name: string): string => join(folder, name);
  const openssl = async (...args: string[]): Promise<void> => void (await run("openssl", args));
  const newKey = ["-newkey", "rsa:2048", "-nodes"];
  const days = ["-days", "2"];
  const [authority, authorityKey] = [file("authority.pem"), file("authority-key.pem")];
  const [certificate, key, request, extensions] = [
    file("server.pem"),
    file("server-key.pem"),
    file("request.pem"),
    file("extensions.txt"),
  ];
  await openssl(
    "req",
    "-x509",
    ...newKey,
    ...days,
    "-keyout",
    authorityKey,
    "-out",
    authority,
    "-subj",
    "/CN=Tetrad tests",
  );
  await openssl("req", ...newKey, "-keyout", key, "-out", request, "-subj", `/CN=${address}`);
  await writeFile(extensions, `subjectAltName=IP:${address},DNS:localhost\n`);
  const signing = ["-CA", authority, "-CAkey", authorityKey, "-CAcreateserial", "-extfile", extensions];
  await openssl("x509", "-req", "-in", request, ...signing, ...days, "-out", certificate);
  return { authority, certificate, key };
}
