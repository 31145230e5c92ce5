import { TYPE } from "../wire/protocol.js";
import type { AnswerCache } from "./cache.js";
import { keyFor } from "./question.js";

/** An answer in the cache. */
export interface CachedAnswer {
  readonly type: number;
  readonly rcode: number;
  /** Records in the answer section. */
  readonly answers: number;
  /** Until it has to be fetched again; negative since it had to. */
  readonly secondsLeft: number;
}

const HTTPS = 65;
/** What people ask for. A cache knows what it was asked, and not what of a name it has. */
const TYPES = [
  TYPE.A,
  TYPE.AAAA,
  TYPE.CNAME,
  TYPE.MX,
  TYPE.NS,
  TYPE.PTR,
  TYPE.SOA,
  TYPE.SRV,
  TYPE.TXT,
  TYPE.CAA,
  HTTPS,
];
/** DO and CD. */
const FLAGS = [0, 1, 2, 3];

/**
 * The cached answers to the types that people ask for, one a type: the one that stays for longest.
 *
 * @param name lower-case wire form as latin1
 * @param groups of upstreams whose answers are kept apart
 * @param now milliseconds on the clock of the cache
 */
export function cachedAnswers(
  name: string,
  cache: Pick<AnswerCache, "peek">,
  groups: readonly { readonly scope: number }[],
  now: number,
): readonly CachedAnswer[] {
  return TYPES.flatMap((type) => {
    const keys = groups.flatMap(({ scope }) => FLAGS.map((flags) => keyFor(name, type, flags, scope)));
    const found = keys.flatMap((key) => cache.peek(key) ?? []).sort((a, b) => b.expiresAt - a.expiresAt);
    const [best] = found;
    if (!best) return [];
    const { rcode, answers } = best.reply;
    return { type, rcode, answers, secondsLeft: Math.floor((best.expiresAt - now) / 1000) };
  });
}
