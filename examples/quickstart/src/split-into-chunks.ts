/** About 300 words of English. Counted in characters, so that it holds for scripts without spaces too. */
const MOST_CHARACTERS = 1800;
/** A heading starts a new chunk once the one before it has this much. */
const ENOUGH_CHARACTERS = 900;

const HEADING = /^ {0,3}#{1,6}\s/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/**
 * Cuts a document into chunks of 200 to 300 words that do not overlap. It cuts before headings and
 * between paragraphs; only a paragraph that is too long itself is cut between its sentences.
 */
export function splitIntoChunks(text: string): string[] {
  const chunks: string[] = [];
  let current: string[] = [];
  for (const block of splitIntoBlocks(text).flatMap(splitLongBlock)) {
    const length = lengthOf(current);
    const isFull = length + block.length > MOST_CHARACTERS;
    if (isFull || (HEADING.test(block) && length >= ENOUGH_CHARACTERS)) {
      // A heading belongs to what follows it.
      const kept = current.findLastIndex((earlier) => !HEADING.test(earlier)) + 1;
      chunks.push(current.slice(0, kept).join("\n\n"));
      current = current.slice(kept);
    }
    current.push(block);
  }
  chunks.push(current.join("\n\n"));
  return chunks.filter((chunk) => chunk !== "");
}

function lengthOf(blocks: readonly string[]): number {
  return blocks.reduce((sum, block) => sum + block.length, 0);
}

/** Headings, paragraphs and code blocks; blank lines inside code do not divide it. */
function splitIntoBlocks(text: string): string[] {
  const blocks: string[] = [];
  let lines: string[] = [];
  let fence: string | null = null;
  const endBlock = (): void => {
    if (lines.length > 0) blocks.push(lines.join("\n").trimEnd());
    lines = [];
  };
  for (const line of text.replaceAll("\r\n", "\n").split("\n")) {
    const mark = FENCE.exec(line)?.[1];
    if (fence !== null) {
      if (mark?.startsWith(fence) === true) fence = null;
    } else if (mark !== undefined) {
      fence = mark;
    } else if (line.trim() === "") {
      endBlock();
      continue;
    } else if (HEADING.test(line)) {
      endBlock();
      blocks.push(line.trim());
      continue;
    }
    lines.push(line);
  }
  endBlock();
  return blocks;
}

function splitLongBlock(block: string): string[] {
  if (block.length <= MOST_CHARACTERS) return [block];
  const parts: string[] = [];
  let part = "";
  for (const sentence of splitIntoSentences(block)) {
    if (part.length + sentence.length > MOST_CHARACTERS && part !== "") {
      parts.push(part.trim());
      part = "";
    }
    part += sentence;
  }
  parts.push(part.trim());
  return parts;
}

/** Sentences with the blanks after them; one longer than a chunk comes in pieces. */
function splitIntoSentences(text: string): string[] {
  const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });
  return [...segmenter.segment(text)].flatMap(({ segment }) => {
    if (segment.length <= MOST_CHARACTERS) return [segment];
    const pieces: string[] = [];
    let piece = "";
    for (const character of segment) {
      if (piece.length + character.length > MOST_CHARACTERS) {
        pieces.push(piece);
        piece = "";
      }
      piece += character;
    }
    return [...pieces, piece];
  });
}
