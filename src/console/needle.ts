/** How well a line matches, best first: a field is the text, a field begins with it, a part of a field does, or it is somewhere. */
export const RANKS = { exact: 0, start: 1, part: 2, inside: 3 } as const;
export const RANK_COUNT = 4;
export type Rank = (typeof RANKS)[keyof typeof RANKS];

/** Between the fields of a line, and between lines. No searched text contains them. */
export const FIELD = "\t";
export const LINE = "\n";

/** More words than anybody means. */
const MAX_WORDS = 8;
const FIELD_CODE = FIELD.charCodeAt(0);

/** The text of a line of fields, as it is searched. */
export function lineOf(fields: readonly string[]): string {
  return fields.map(searchable).join(FIELD);
}

function searchable(field: string): string {
  return field.toLowerCase().replace(/[\t\n]/g, " ");
}

/** Words that all have to occur in a line, in any order. */
export class Needle {
  readonly #words: readonly string[];

  constructor(text: string) {
    const words = text
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== "")
      .slice(0, MAX_WORDS);
    this.#words = words;
  }

  /** Lines are ranked by the word that was written first. */
  get #first(): string {
    return this.#words[0] ?? "";
  }

  get isEmpty(): boolean {
    return this.#words.length === 0;
  }

  /**
   * Calls `visit` for each line of the text that matches, in their order, with where it begins and ends, until that returns false.
   * @param text lines, each with LINE behind it
   */
  search(text: string, visit: (start: number, end: number, rank: Rank) => boolean): void {
    const word = this.#rarestIn(text);
    if (word === undefined) return;
    const isOnly = this.#words.length === 1;
    for (let at = text.indexOf(word); at >= 0; ) {
      const start = text.lastIndexOf(LINE, at) + 1;
      const end = text.indexOf(LINE, at);
      const content = text.slice(start, end);
      const matches = isOnly || this.#words.every((each) => content.includes(each));
      if (matches && !visit(start, end, rankIn(content, this.#first))) return;
      at = text.indexOf(word, end);
    }
  }

  /** The word to look for first: the one that occurs last for the first time. `undefined` if one does not occur at all. */
  #rarestIn(text: string): string | undefined {
    let rarest: string | undefined;
    let farthest = -1;
    for (const word of this.#words) {
      const at = text.indexOf(word);
      if (at < 0) return undefined;
      if (at > farthest) [rarest, farthest] = [word, at];
    }
    return rarest;
  }
}

/** The best rank of a word within a line. */
function rankIn(line: string, word: string): Rank {
  let best: Rank = RANKS.inside;
  for (let at = line.indexOf(word); at >= 0; at = line.indexOf(word, at + 1)) {
    const isStart = at === 0 || line.charCodeAt(at - 1) === FIELD_CODE;
    const end = at + word.length;
    if (isStart && (end === line.length || line.charCodeAt(end) === FIELD_CODE)) return RANKS.exact;
    if (isStart) best = RANKS.start;
    else if (best > RANKS.part && !isWordCode(line.charCodeAt(at - 1))) best = RANKS.part;
  }
  return best;
}

/** Whether it is a letter or a digit. */
function isWordCode(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || code > 127;
}
