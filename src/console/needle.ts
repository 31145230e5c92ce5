/** How well a line matches, best first: a field is the text, a field begins with it, a part of a field does, or it is somewhere. */
export const RANKS = { exact: 0, start: 1, part: 2, inside: 3 } as const;
export const RANK_COUNT = 4;
export type Rank = (typeof RANKS)[keyof typeof RANKS];

/** Between the fields of a line, and between lines. No searched text contains them. */
export const FIELD = "\t";
export const LINE = "\n";

/** More words than anybody means. */
const MAX_WORDS = 8;
const LINE_CODE = LINE.charCodeAt(0);
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
  /** The longest first: it is in the fewest lines. */
  readonly #words: readonly string[];
  /** The one that was written first, by which lines are ranked. */
  readonly #first: string;

  constructor(text: string) {
    const words = text
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== "")
      .slice(0, MAX_WORDS);
    this.#first = words[0] ?? "";
    this.#words = words.sort((a, b) => b.length - a.length);
  }

  get isEmpty(): boolean {
    return this.#words.length === 0;
  }

  /**
   * Calls `visit` for each line of the text that matches, in their order, with its number and where it begins and ends.
   * @param text lines, each with LINE behind it
   */
  search(text: string, visit: (line: number, rank: Rank, start: number, end: number) => void): void {
    const [word, ...others] = this.#words;
    let line = 0;
    let counted = 0;
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, counted)) {
      // Count the lines in front of it.
      for (let end = text.indexOf(LINE, counted); end < at; end = text.indexOf(LINE, counted)) {
        counted = end + 1;
        line++;
      }
      const end = text.indexOf(LINE, at);
      if (others.every((other) => occurs(text, other, counted, end))) {
        visit(line, rankIn(text, this.#first, counted, end), counted, end);
      }
      counted = end + 1;
      line++;
      if (counted >= text.length) return;
    }
  }
}

function occurs(text: string, word: string, start: number, end: number): boolean {
  return text.slice(start, end).includes(word);
}

/** The best rank of a word within a line. */
function rankIn(text: string, word: string, start: number, end: number): Rank {
  let best: Rank = RANKS.inside;
  for (let at = text.indexOf(word, start); at >= 0 && at + word.length <= end; at = text.indexOf(word, at + 1)) {
    const before = at === start ? FIELD_CODE : text.charCodeAt(at - 1);
    const behind = text.charCodeAt(at + word.length);
    const isStart = before === FIELD_CODE;
    if (isStart && (behind === FIELD_CODE || behind === LINE_CODE)) return RANKS.exact;
    if (isStart) best = RANKS.start;
    else if (best > RANKS.part && !isWordCode(before)) best = RANKS.part;
  }
  return best;
}

/** Whether it is a letter or a digit. */
function isWordCode(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || code > 127;
}
