import type { ForwardPolicyName } from "../config/config.js";
import type { Group } from "./groups.js";
import type { Upstream } from "./upstream.js";

/** One in so many questions also goes to a second upstream, to measure its round-trip time. */
const EXPLORE_EVERY = 32;

export interface Choice {
  /** In the order in which they are to be asked: first those that answer; as a last resort, those that do not. */
  readonly candidates: readonly Upstream[];
  /** How many to ask at the same time. */
  readonly atOnce: number;
}

/** Chooses the upstreams of a group for a question. Upstreams that send our queries back to us are never asked. */
export function choose({ upstreams }: Group, policy: ForwardPolicyName, random16: () => number): Choice {
  const areAllUp = upstreams.every(({ isSound }) => isSound);
  const up = areAllUp ? upstreams : upstreams.filter(({ isSound }) => isSound);
  const down = areAllUp ? [] : upstreams.filter(({ isSound, looping }) => !isSound && !looping);
  switch (policy) {
    case "sequential":
      return { candidates: areAllUp ? upstreams : [...up, ...down], atOnce: 1 };
    case "race":
      // Racing an upstream that is down against one that is up only wastes a query.
      return { candidates: [...up, ...down], atOnce: up.length === 1 ? 1 : 2 };
    case "fastest": {
      const fastest = up.toSorted((a, b) => a.roundTrip - b.roundTrip);
      if (up.length < 2 || random16() % EXPLORE_EVERY !== 0) return { candidates: [...fastest, ...down], atOnce: 1 };
      const other = 1 + (random16() % (up.length - 1));
      const [explored] = fastest.splice(other, 1);
      return { candidates: [fastest[0], explored, ...fastest.slice(1), ...down], atOnce: 2 };
    }
  }
}
