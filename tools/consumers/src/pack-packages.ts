import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { runNode } from "./run-program.ts";

const REPOSITORY = join(import.meta.dirname, "../../..");
/** The command line of pnpm, as a file for Node: the same one wherever the tests run. */
export const PNPM = join(import.meta.dirname, "../node_modules/pnpm/bin/pnpm.cjs");

/** Tarball by package name. */
export type PackedPackages = Readonly<Record<string, string>>;

/** Packs every published package as it would be published: in one run of pnpm, which packs in parallel. */
export async function packPackages(destination: string): Promise<PackedPackages> {
  const names = publishedPackages();
  const filters = names.map((name) => `--filter=${name}`);
  const output = await runNode(
    [PNPM, "--recursive", ...filters, "pack", "--json", "--pack-destination", destination],
    // Else it would replace itself by the version that the workspace pins, were that another one.
    { cwd: REPOSITORY, env: { npm_config_manage_package_manager_versions: "false" } },
  );
  const packed = JSON.parse(output) as readonly { readonly name: string; readonly filename: string }[];
  return Object.fromEntries(packed.map(({ name, filename }) => [name, filename]));
}

/** The names of the packages that are published, all of them built. */
function publishedPackages(): string[] {
  const folders = readdirSync(join(REPOSITORY, "packages")).map((name) => join(REPOSITORY, "packages", name));
  return folders.flatMap((folder) => {
    const manifest = join(folder, "package.json");
    if (!existsSync(manifest)) return [];
    const { name, private: isPrivate } = JSON.parse(readFileSync(manifest, "utf8")) as {
      readonly name: string;
      readonly private?: boolean;
    };
    if (isPrivate === true) return [];
    if (!existsSync(join(folder, "dist"))) {
      throw new Error(`${name} is not built. Build everything first: npx -y pnpm build`);
    }
    return [name];
  });
}
