import { toPlainText } from "./plain-text.js";

const SNIPPET_CHARACTERS = 200;
/** Short words are in every text: "what", "does", "the". */
const SHORTEST_WORD = 5;

/** The part of a chunk to show for a question: from the line that has most of its words. */
export function chooseSnippet(content: string, question: string): string {
  const lines = toPlainText(content).split("\n");
  const words = wordsOf(question).filter((word) => word.length >= SHORTEST_WORD);
  const shared = lines.map((line) => {
    const inLine = new Set(wordsOf(line));
    return words.filter((word) => inLine.has(word)).length;
  });
  const best = shared.indexOf(Math.max(...shared));
  const text = lines.slice(best).join(" · ") || content.replaceAll(/\s+/g, " ");
  const characters = Array.from(text);
  if (characters.length <= SNIPPET_CHARACTERS) return text;
  return `${characters.slice(0, SNIPPET_CHARACTERS).join("").trimEnd()}…`;
}

/** In lower case and without a plural "s", so that "backend" is found in "Backends". */
function wordsOf(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []).map((word) => word.replace(/s$/, ""));
}
