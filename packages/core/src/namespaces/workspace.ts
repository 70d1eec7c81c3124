import { InvalidWorkspaceError } from "../errors/index.js";

const MAX_BYTES = 200;
const RULE = `A workspace is at most ${MAX_BYTES} bytes of text without "/", "\\", ":" and control characters, and not "." or "..".`;

/**
 * Workspaces come from outside (a tenant's name, a request header) and become part of paths, keys
 * and labels. This one rule holds on every backend, before anything is named after it.
 *
 * @returns the name, unchanged
 * @throws InvalidWorkspaceError
 */
export function checkWorkspace(workspace: unknown): string {
  if (typeof workspace !== "string") {
    throw new InvalidWorkspaceError(
      `The workspace is ${workspace === null ? "null" : `a ${typeof workspace}`}. ${RULE}`,
    );
  }
  const problem = workspaceProblem(workspace);
  if (problem === null) return workspace;
  throw new InvalidWorkspaceError(`Workspace ${JSON.stringify(shorten(workspace))} ${problem}. ${RULE}`);
}

function workspaceProblem(workspace: string): string | null {
  if (workspace === "." || workspace === "..") return "is a path of its own";
  if (!workspace.isWellFormed()) return "is not well-formed Unicode";
  if (/[/\\:]/.test(workspace)) return `contains "${/[/\\:]/.exec(workspace)?.[0] ?? ""}"`;
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001F\u007F-\u009F]/.test(workspace)) return "contains a control character";
  if (Buffer.byteLength(workspace) > MAX_BYTES) return `is ${Buffer.byteLength(workspace)} bytes long`;
  return null;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
