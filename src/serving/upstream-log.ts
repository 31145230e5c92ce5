import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { Upstream } from "../forward/upstream.js";

/** Period of one summary line for an upstream that changes often. */
const PERIOD_MS = 60_000;
/** Changes of an upstream that are logged at once in a period: it fails, and it recovers. */
const LINES = 2;

/** An upstream that has changed in the current period. */
interface Recent {
  readonly upstream: Upstream;
  lines: number;
  /** Changes that were not logged. */
  unlogged: number;
  cancelTimer: () => void;
}

/**
 * Logs changes of upstreams. An attacker or a network that loses packets can make them go up and down, and must not fill the log:
 * an upstream that changes more often than twice a minute gets one line a minute, with a count.
 */
export class UpstreamLog {
  readonly #log: Logger;
  readonly #timers: Timers;
  readonly #recent = new Map<string, Recent>();

  constructor(log: Logger, timers: Timers) {
    this.#log = log;
    this.#timers = timers;
  }

  /** An upstream has gone down, was found to send queries back to us, or has recovered. */
  changed(upstream: Upstream): void {
    const recent = this.#recent.get(upstream.name) ?? this.#remember(upstream);
    if (recent.lines < LINES) {
      recent.lines++;
      this.#write(upstream);
    } else recent.unlogged++;
  }

  /** An upstream was found to answer differently for another letter case of a name. Happens once for each. */
  mindsCase({ name }: Upstream): void {
    this.#log.warn(
      { resolver: name },
      "this resolver has other answers, or none, where the letter case of a name differs; it is asked in the clients' spelling",
    );
  }

  close(): void {
    for (const { cancelTimer } of this.#recent.values()) cancelTimer();
    this.#recent.clear();
  }

  #remember(upstream: Upstream): Recent {
    const recent: Recent = { upstream, lines: 0, unlogged: 0, cancelTimer: () => undefined };
    this.#recent.set(upstream.name, recent);
    this.#startPeriod(recent);
    return recent;
  }

  #startPeriod(recent: Recent): void {
    recent.cancelTimer = this.#timers.after(PERIOD_MS, () => this.#endPeriod(recent));
  }

  /** Ends a period. Logs a summary; or, if no change went unlogged, lets the next change be logged at once again. */
  #endPeriod(recent: Recent): void {
    const { upstream, unlogged } = recent;
    if (unlogged === 0) {
      this.#recent.delete(upstream.name);
      return;
    }
    const { name: resolver, lastFailure: reason, isUp } = upstream;
    this.#log.warn(
      { resolver, changes: unlogged, health: upstream.report().health, reason },
      `this resolver comes and goes: ${unlogged} more changes in a minute; now it ${isUp ? "answers" : "fails"}`,
    );
    recent.unlogged = 0;
    this.#startPeriod(recent);
  }

  #write({ name, looping, isUp, lastFailure }: Upstream): void {
    const resolver = { resolver: name };
    if (looping)
      this.#log.error(resolver, "this resolver sends our queries back to us; it is not asked until that ends");
    else if (isUp) this.#log.info(resolver, "this resolver answers again");
    else
      this.#log.warn(
        { ...resolver, reason: lastFailure },
        "this resolver fails; others are asked first until it answers",
      );
  }
}
