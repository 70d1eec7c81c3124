import { parseJson, stringifyJson } from "@tetrad/core/plugin";

/** The member of the file that nano-vectordb keeps for whoever writes something there. */
export const ADDITIONAL_DATA = "additional_data";
/** Our corner of it. */
const OWN_MEMBER = "tetrad";

/** The model that the vectors of a file come from, where its `additional_data` say. */
export function modelNameIn(additionalData: string): string | undefined {
  const data = parseJson(additionalData) as { [OWN_MEMBER]?: { embedding_model?: unknown } } | null;
  const name = data?.[OWN_MEMBER]?.embedding_model;
  return typeof name === "string" ? name : undefined;
}

/** `additional_data` that say of which model the vectors are, and whatever they said before. */
export function withModelName(additionalData: string | undefined, modelName: string): string {
  const data = additionalData === undefined ? {} : parseJson(additionalData);
  return stringifyJson({ ...(data as object), [OWN_MEMBER]: { embedding_model: modelName } });
}
