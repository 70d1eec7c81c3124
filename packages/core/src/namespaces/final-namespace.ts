import { checkWorkspace } from "./workspace.js";

/**
 * LightRAG's name of a namespace within a workspace: `workspace:namespace`, or the bare namespace
 * for the default workspace. Without a workspace, `WORKSPACE` of the environment is meant, else `''`.
 *
 * @throws InvalidWorkspaceError
 */
export function getFinalNamespace(namespace: string, workspace?: string): string {
  const effective = checkWorkspace(workspace ?? process.env["WORKSPACE"]?.trim() ?? "");
  return effective === "" ? namespace : `${effective}:${namespace}`;
}
