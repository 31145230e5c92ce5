import type { Letters, Question } from "./question.js";

/** In a row: replies with changed letter case after which an upstream is believed to change it always. */
const MAX_CHANGES = 3;
/**
 * Names that an upstream has said no to in both spellings until its no is believed at once. One would do for most, but
 * some know a few names of their own by the letter, and ask others for the rest, who do not mind.
 */
const ENOUGH_NAMES = 8;
/** In a row: queries that were answered in the client's spelling after silence in another. */
const ENOUGH_SILENCES = 5;

/**
 * What an upstream makes of names in random upper and lower case: most take all spellings for the same name (RFC 4343)
 * and give them back as they were. Some change them, and some know a name in one spelling only.
 */
export class Spelling {
  /** Whether it gives back the question's letters as they were. */
  keepsCase = true;
  /** Whether it has other answers, or none, for other spellings of a name. */
  mindsCase = false;
  #changes = 0;
  /** Names that it has said no to in both spellings, until they are enough. */
  readonly #refused = new Set<string>();
  /** It has answered a query in mixed case, whatever it said. */
  #knowsMixed = false;
  /** It was silent on one, and is asked in the client's spelling to see whether it was that. */
  #triesOwn = false;
  #silences = 0;

  /** How it is asked next. */
  get letters(): Letters {
    if (!this.keepsCase) return "lower";
    return this.mindsCase || this.#triesOwn ? "own" : "mixed";
  }

  /** Whether what it says in mixed case is believed without asking in the client's spelling. */
  get isTrusted(): boolean {
    // Who lowers a name before it looks for it takes all spellings for the same.
    return !this.keepsCase || this.#refused.size >= ENOUGH_NAMES;
  }

  keptCase(): void {
    this.#changes = 0;
  }

  /** @param isCertain nobody but the upstream can have sent this reply */
  changedCase(isCertain: boolean): void {
    this.#changes++;
    if (isCertain || this.#changes >= MAX_CHANGES) this.keepsCase = false;
  }

  /** It has said no to both spellings of a name. */
  refusedBoth({ name }: Question): void {
    if (!this.isTrusted) this.#refused.add(Buffer.from(name).toString("latin1"));
  }

  /** It was silent on a name in mixed case. */
  silentOnMixed(): void {
    if (!this.#knowsMixed) this.#triesOwn = true;
  }

  answeredMixed(): void {
    this.#knowsMixed = true;
    this.#triesOwn = false;
  }

  /** It has answered a name in the client's spelling. Returns whether it is found to mind case by that. */
  answeredOwn(): boolean {
    if (!this.#triesOwn) return false;
    this.#triesOwn = false;
    return ++this.#silences >= ENOUGH_SILENCES && this.foundToMind();
  }

  /** Returns whether that is news. */
  foundToMind(): boolean {
    if (this.mindsCase) return false;
    this.mindsCase = true;
    return true;
  }
}
