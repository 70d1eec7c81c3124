import nlp from "compromise";

/** A name or a noun phrase in a sentence. */
export interface Name {
  readonly text: string;
  readonly type: "person" | "organization" | "location" | "other" | "concept";
}

export interface NamedSentence {
  readonly text: string;
  /** Each name once, in the order of the sentence. */
  readonly names: readonly Name[];
}

type Word = ReturnType<typeof nlp>["document"][number][number] & { readonly root?: string };

/** `openStorages`, `WORKSPACE`, `@tetrad/core`, `Neo4j`: names that stand for themselves. */
const IDENTIFIER = /[_@/\d]|\.\p{L}|\p{Ll}\p{Lu}|^\p{Lu}{2,}$/u;
const ONLY_NAME_CHARACTERS = /^@?[\p{L}\p{N}][\p{L}\p{N}_.'’/+#&-]*$/u;
const POSSESSIVE = /['’]s?$/;
const LONGEST_NAME = 80;
const NOT_IN_NAMES = ["Pronoun", "Date", "Value", "Honorific", "Url", "Email"];
/** Nouns that say nothing alone, and words that are taken for nouns. */
const EMPTY_WORDS = new Set(
  (
    "thing things something anything everything nothing way ways time times case cases example examples part " +
    "parts kind kinds lot lots one ones number amount place side end start rest bit sort type types use reason " +
    "e.g i.e etc eg ie my your his her its our their whose note notes others everybody nobody somebody " +
    "which what that this these those other such same first last next"
  ).split(" "),
);

/** The sentences of a plain text, one block a line, with the names in each. */
export function findNames(plainText: string): NamedSentence[] {
  const sentences = nlp(plainText).compute("root").document as readonly (readonly Word[])[];
  return sentences.map((words) => {
    const names = new Map<string, Name>();
    for (const run of nounRuns(words)) {
      const name = nameOf(run);
      if (name !== null && !names.has(name.text)) names.set(name.text, name);
    }
    const text = words.map(({ pre, text, post }) => pre + text + post).join("");
    return { text: text.trim(), names: [...names.values()] };
  });
}

/** Neighbouring nouns of one class: a proper name and the noun after it are two names. */
function* nounRuns(words: readonly Word[]): Generator<Word[]> {
  let run: Word[] = [];
  for (const word of words) {
    const before = run.at(-1);
    if (!isNoun(word) || (before !== undefined && !belongTogether(before, word))) {
      if (run.length > 0) yield run;
      run = [];
    }
    if (isNoun(word)) run.push(word);
  }
  if (run.length > 0) yield run;
}

function isNoun(word: Word): boolean {
  const { tags } = word;
  if (tags?.has("Noun") !== true || NOT_IN_NAMES.some((tag) => tags.has(tag))) return false;
  const bare = bareWord(word);
  return ONLY_NAME_CHARACTERS.test(bare) && !EMPTY_WORDS.has(bare.toLowerCase());
}

function belongTogether(before: Word, word: Word): boolean {
  // A comma, a bracket or a possessive ends a name; a dot does not after an initial: "J. Smith".
  const isInitial = /^\p{Lu}$/u.test(before.text) && before.post === ". ";
  if (!(isInitial || /^[ -]$/.test(before.post)) || word.pre !== "" || POSSESSIVE.test(before.text))
    return false;
  if (IDENTIFIER.test(before.text) || IDENTIFIER.test(word.text)) return false;
  return isCapitalised(before) === isCapitalised(word);
}

function isCapitalised(word: Word): boolean {
  const startsSentence = word.index?.[1] === 0;
  return /^\p{Lu}/u.test(word.text) && (!startsSentence || word.tags?.has("ProperNoun") === true);
}

function bareWord({ text }: Word): string {
  return text.replace(POSSESSIVE, "");
}

function nameOf(run: readonly Word[]): Name | null {
  const last = run.at(-1);
  if (last === undefined) return null;
  const isName = run.every((word) => isCapitalised(word) || IDENTIFIER.test(word.text));
  const words = run.map((word) => {
    const isPlural = word === last && !isName && word.tags?.has("Plural") === true;
    return inTitleCase(isPlural ? (word.root ?? word.text) : bareWord(word));
  });
  const text = words.reduce((joined, word, index) => joined + (run[index - 1]?.post ?? " ") + word);
  if (text.length < 2 || text.length > LONGEST_NAME) return null;
  return { text, type: isName ? typeOf(run) : "concept" };
}

/** As LightRAG asks of its model, so that "redis" and "Redis" are one entity. */
export function inTitleCase(word: string): string {
  return IDENTIFIER.test(word) ? word : word.charAt(0).toUpperCase() + word.slice(1);
}

function typeOf(run: readonly Word[]): Name["type"] {
  const has = (tag: string): boolean => run.some(({ tags }) => tags?.has(tag) === true);
  if (has("Organization")) return "organization";
  // Acronyms and identifiers that the grammar does not know look like names of people to it.
  if (has("Person") && !run.some(({ text }) => IDENTIFIER.test(text))) return "person";
  return has("Place") ? "location" : "other";
}
