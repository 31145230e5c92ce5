import type { Letters, Question } from "./question.js";

/** Replies in a row with changed letter case, after which an upstream is taken to change it always. */
const MAX_CHANGES = 3;
/**
 * Names with the same negative reply to both spellings, after which negative replies to mixed case are believed at once. One name
 * would do for most upstreams. But some compare the letter case of a few local names, and forward the rest to servers that do
 * not.
 */
const ENOUGH_NAMES = 8;
/** Queries in a row that were answered in the client's spelling after silence in mixed case: the upstream minds letter case. */
const ENOUGH_SILENCES = 5;

/**
 * How an upstream treats names in random letter case. Most compare names without regard to case (RFC 4343) and repeat the
 * question as it was. Some change its case, and some know a name in one spelling only.
 */
export class Spelling {
  /** Whether it repeats the question in the letter case it was asked in. */
  keepsCase = true;
  /** Whether it answers differently, or not at all, for another letter case of a name. */
  mindsCase = false;
  #changes = 0;
  /** Names with the same negative reply to both spellings, until there are `ENOUGH_NAMES`. */
  readonly #negatives = new Set<string>();
  /** Whether it has ever replied to a query in mixed case. */
  #knowsMixed = false;
  /** Whether it was silent on mixed case, and is asked in the client's spelling to see whether that was the reason. */
  #triesClientSpelling = false;
  #silences = 0;

  /** Letter case for the next query. */
  get letters(): Letters {
    if (!this.keepsCase) return "lower";
    return this.mindsCase || this.#triesClientSpelling ? "client" : "mixed";
  }

  /** Whether its negative replies to mixed case are believed without asking in the client's spelling. */
  get isTrusted(): boolean {
    // An upstream that changes letter case compares names without regard to it.
    return !this.keepsCase || this.#negatives.size >= ENOUGH_NAMES;
  }

  keptCase(): void {
    this.#changes = 0;
  }

  /** @param isCertain whether the reply cannot be forged */
  changedCase(isCertain: boolean): void {
    this.#changes++;
    if (isCertain || this.#changes >= MAX_CHANGES) this.keepsCase = false;
  }

  /** It gave the same negative reply to both spellings of a name. */
  negativeForBoth({ name }: Question): void {
    if (!this.isTrusted) this.#negatives.add(Buffer.from(name).toString("latin1"));
  }

  /** It did not reply in time to mixed case. */
  silentOnMixed(): void {
    if (!this.#knowsMixed) this.#triesClientSpelling = true;
  }

  repliedToMixed(): void {
    this.#knowsMixed = true;
    this.#triesClientSpelling = false;
  }

  /** It replied to a client's spelling. Returns whether this shows for the first time that it minds letter case. */
  repliedToClientSpelling(): boolean {
    if (!this.#triesClientSpelling) return false;
    this.#triesClientSpelling = false;
    return ++this.#silences >= ENOUGH_SILENCES && this.noteMindsCase();
  }

  /** Notes that it minds letter case. Returns whether this was not known before. */
  noteMindsCase(): boolean {
    if (this.mindsCase) return false;
    this.mindsCase = true;
    return true;
  }
}
