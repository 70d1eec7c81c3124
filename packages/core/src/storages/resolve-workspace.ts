import { InvalidWorkspaceError, type SettingFault } from "../errors/index.js";
import { checkWorkspace } from "../namespaces/workspace.js";
import type { StorageClass } from "../registry/load-storage-class.js";
import { coreSettings } from "../settings/core-settings.js";
import { findSetting, findVariable, type SettingSources } from "../settings/setting-sources.js";

/**
 * The workspace in effect: the option; else the backend's own variable, such as `REDIS_WORKSPACE`;
 * else `WORKSPACE`; else the default workspace `''`. A backend's variable that contradicts the
 * option is a fault: LightRAG lets it win in silence, and tenants meet.
 *
 * @throws InvalidWorkspaceError
 */
export function resolveWorkspace(
  storageClass: Pick<StorageClass, "workspaceVariable" | "defaultWorkspace">,
  option: string | undefined,
  sources: SettingSources,
): { readonly name: string; readonly faults: readonly SettingFault[] } {
  const { workspaceVariable, defaultWorkspace } = storageClass;
  const canonical = (name: string): string => (name === defaultWorkspace ? "" : name);
  const own = workspaceVariable === undefined ? null : findVariable(workspaceVariable, sources);
  const ownName = own === null ? null : canonical(checkNamed(own.text, workspaceVariable));
  if (option === undefined) {
    const general = findSetting(coreSettings.workspace, sources);
    return {
      name: ownName ?? canonical(checkNamed(general?.text ?? "", coreSettings.workspace.variable)),
      faults: [],
    };
  }
  const name = canonical(checkWorkspace(option));
  if (ownName === null || ownName === name) return { name, faults: [] };
  const problem = `contradicts option workspace = ${JSON.stringify(option)}; unset one of them, or make them equal`;
  return { name, faults: [{ variable: workspaceVariable, value: own?.text, source: own?.source, problem }] };
}

/** Says which variable a refused name came from. */
function checkNamed(text: string, variable: string | undefined): string {
  try {
    return checkWorkspace(text);
  } catch (cause) {
    if (!(cause instanceof InvalidWorkspaceError)) throw cause;
    throw new InvalidWorkspaceError(`${variable ?? "workspace"}: ${cause.message}`, { cause });
  }
}
