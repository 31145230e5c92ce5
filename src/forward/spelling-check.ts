import type { Reply } from "../wire/reply.js";
import type { Attempt, Negative } from "./attempt.js";
import { negativeOf } from "./verdict.js";

/** What to do with a reply: believe it; ask again in the client's spelling; or wait, as that has been asked already. */
export type Belief = "believed" | "ask" | "wait";

/**
 * Decides whether the letter case of one question may be the reason for a negative reply. A negative reply to mixed case is only
 * believed after the client's spelling has been asked too.
 */
export class SpellingCheck {
  /** By candidate: its negative reply to mixed case, until it has replied to the client's spelling. */
  readonly #negatives = new Map<number, Negative>();
  readonly #confirm: (attempt: Attempt, negative: Negative) => void;

  /** @param confirm asks once more in mixed case: the same negative reply again shows that the letter case is the reason */
  constructor(confirm: (attempt: Attempt, negative: Negative) => void) {
    this.#confirm = confirm;
  }

  /** Whether a candidate gave a negative reply to mixed case and must be asked in the client's spelling. */
  needsClientSpelling(candidate: number): boolean {
    return this.#negatives.has(candidate);
  }

  /** @param reply undefined if it could not be read */
  judge(attempt: Attempt, reply: Reply | undefined): Belief {
    const { candidate, upstream, owner } = attempt;
    const negative = negativeOf(reply);
    if (attempt.isRespelled) {
      if (negative === undefined || upstream.spelling.isTrusted || owner.outcome) return "believed";
      if (this.#negatives.has(candidate)) return "wait";
      this.#negatives.set(candidate, negative);
      return "ask";
    }
    const earlier = this.#negatives.get(candidate);
    if (earlier === undefined) return "believed";
    this.#negatives.delete(candidate);
    if (earlier === negative) upstream.spelling.negativeForBoth(owner.question);
    else this.#confirm(attempt, earlier);
    return "believed";
  }
}
