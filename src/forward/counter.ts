import type { ForwardCounts } from "../status.js";
import type { ForwardResult } from "./forwarder.js";

/** Counts what exchanges with each resolver came to. */
export class ForwardCounter {
  readonly #counts = new Map<string, Map<ForwardResult, number>>();

  readonly count = (resolver: string, result: ForwardResult): void => {
    let results = this.#counts.get(resolver);
    if (!results) {
      results = new Map();
      this.#counts.set(resolver, results);
    }
    results.set(result, (results.get(result) ?? 0) + 1);
  };

  counts(): ForwardCounts {
    return Object.fromEntries([...this.#counts].map(([resolver, results]) => [resolver, Object.fromEntries(results)]));
  }
}
