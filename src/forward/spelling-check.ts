import type { Reply } from "../wire/reply.js";
import type { Attempt, Negative } from "./attempt.js";
import { negativeOf } from "./verdict.js";

/** What to do with a reply: believe it; ask again in the client's spelling; or nothing, for that is on its way. */
export type Belief = "believed" | "ask" | "wait";

/**
 * Whether the replies to one question may come of its spelling: a no to a name in mixed case is only believed when the
 * client's spelling brings the same.
 */
export class SpellingCheck {
  /** By candidate: what it said to mixed case, until it has answered the client's spelling. */
  readonly #held = new Map<number, Negative>();
  readonly #prove: (attempt: Attempt, negative: Negative) => void;

  /** @param prove asks in mixed case once more: only if that fails again is it the spelling */
  constructor(prove: (attempt: Attempt, negative: Negative) => void) {
    this.#prove = prove;
  }

  /** Whether a candidate has said no to mixed case, and is to be asked in the client's spelling. */
  isHeld(candidate: number): boolean {
    return this.#held.has(candidate);
  }

  /** @param reply nothing where it could not be read */
  judge(attempt: Attempt, reply: Reply | undefined): Belief {
    const { candidate, upstream, owner } = attempt;
    const negative = negativeOf(reply);
    if (attempt.isMixed) {
      if (negative === undefined || upstream.spelling.isTrusted || owner.outcome) return "believed";
      if (this.#held.has(candidate)) return "wait";
      this.#held.set(candidate, negative);
      return "ask";
    }
    const held = this.#held.get(candidate);
    if (held === undefined) return "believed";
    this.#held.delete(candidate);
    if (held === negative) upstream.spelling.refusedBoth(owner.question);
    else this.#prove(attempt, held);
    return "believed";
  }
}
