const FRONT_MATTER = /^---\n[\s\S]*?\n---(?:\n|$)/;
const COMMENT = /<!--[\s\S]*?-->/g;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const RULE_OR_UNDERLINE = /^ {0,3}(?:(?:- *){3,}|(?:\* *){3,}|(?:_ *){3,}|=+)$/;
const REFERENCE = /^ {0,3}\[[^\]]+\]: *\S+/;
const TABLE_ROW = /^\s*\|.*\|\s*$/;
const TABLE_DIVIDER = /^[\s|:-]+$/;
const HEADING = /^ {0,3}#{1,6}\s+/;
const LIST_ITEM = /^\s*(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?/;
const QUOTE = /^\s*(?:>\s?)+/;

/**
 * What a reader sees of a Markdown text: headings, paragraphs, list items and table rows, each on a
 * line of its own, without marks, links, HTML and code blocks. Plain text comes back as it is, but
 * for its line breaks.
 */
export function toPlainText(markdown: string): string {
  const text = markdown.replaceAll("\r\n", "\n").replace(FRONT_MATTER, "").replaceAll(COMMENT, "");
  const lines: string[] = [];
  let paragraph: string[] = [];
  const endParagraph = (): void => {
    if (paragraph.length > 0) lines.push(withoutInlineMarks(paragraph.join(" ")));
    paragraph = [];
  };
  for (const line of withoutCodeBlocks(text.split("\n"))) {
    if (line.trim() === "" || RULE_OR_UNDERLINE.test(line) || REFERENCE.test(line)) {
      endParagraph();
    } else if (TABLE_ROW.test(line)) {
      endParagraph();
      if (!TABLE_DIVIDER.test(line)) lines.push(withoutInlineMarks(tableCells(line).join(", ")));
    } else {
      // A wrapped line goes on with its paragraph; a heading or list item begins one.
      if (HEADING.test(line) || LIST_ITEM.test(line)) endParagraph();
      paragraph.push(line.replace(QUOTE, "").replace(HEADING, "").replace(LIST_ITEM, "").trim());
      if (HEADING.test(line)) endParagraph();
    }
  }
  endParagraph();
  return lines.filter((line) => line !== "").join("\n");
}

function* withoutCodeBlocks(lines: readonly string[]): Generator<string> {
  let open: string | null = null;
  for (const line of lines) {
    const fence = FENCE.exec(line)?.[1];
    if (open === null && fence === undefined) yield line;
    else if (open === null) open = fence ?? null;
    else if (fence?.startsWith(open) === true) open = null;
  }
}

function tableCells(row: string): string[] {
  return row
    .trim()
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim())
    .filter((cell) => cell !== "");
}

function withoutInlineMarks(text: string): string {
  // What stands between backticks is kept as it is: it may look like a tag or like emphasis.
  const parts = text.split(/(`+)(.+?)\1(?!`)/);
  const cleaned = parts.map((part, index) => {
    if (index % 3 === 1) return "";
    return index % 3 === 2 ? part.trim() : withoutMarks(part);
  });
  return cleaned.join("").replaceAll(/\s+/g, " ").trim();
}

function withoutMarks(text: string): string {
  return text
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/!?\[([^\]]+)\]\[[^\]]*\]/g, "$1")
    .replaceAll(/<?https?:\/\/[^\s>)]+>?/g, "")
    .replaceAll(/<\/?[a-zA-Z][^<>]*>/g, " ")
    .replaceAll(/(\*\*|__|~~)(?=\S)(.+?)\1/g, "$2")
    .replaceAll(/(?<![\w*])\*(?=\S)([^*]+)\*(?![\w*])/g, "$1")
    .replaceAll(/(?<!\w)_(?=\S)([^_]+)_(?!\w)/g, "$1")
    .replaceAll(/\\([!-/:-@[-`{-~])/g, "$1");
}
