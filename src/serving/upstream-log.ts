import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { Upstream } from "../forward/upstream.js";

/** How long changes of one upstream are counted that are too many to have lines of their own. */
const PERIOD_MS = 60_000;
/** Lines at once in that time: it fails, and it is well again. */
const LINES = 2;

/** What is known of an upstream that has changed lately. */
interface Recent {
  readonly upstream: Upstream;
  lines: number;
  /** Changes that had no line. */
  unsaid: number;
  cancelTimer: () => void;
}

/**
 * Says in the log how upstreams are. Who has them go up and down, or a network that loses packets, must not fill the
 * log: what changes more often than twice a minute gets one line a minute, with a count.
 */
export class UpstreamLog {
  readonly #log: Logger;
  readonly #timers: Timers;
  readonly #recent = new Map<string, Recent>();

  constructor(log: Logger, timers: Timers) {
    this.#log = log;
    this.#timers = timers;
  }

  /** An upstream is found to be down or to send queries back, or is well again. */
  changed(upstream: Upstream): void {
    const recent = this.#recent.get(upstream.name) ?? this.#remember(upstream);
    if (recent.lines < LINES) {
      recent.lines++;
      this.#say(upstream);
    } else recent.unsaid++;
  }

  /** An upstream is found to mind letter case, which is found once. */
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
    const recent: Recent = { upstream, lines: 0, unsaid: 0, cancelTimer: () => undefined };
    this.#recent.set(upstream.name, recent);
    this.#await(recent);
    return recent;
  }

  #await(recent: Recent): void {
    recent.cancelTimer = this.#timers.after(PERIOD_MS, () => this.#sum(recent));
  }

  /** The end of a period: one that has kept still in it has lines at once again. */
  #sum(recent: Recent): void {
    const { upstream, unsaid } = recent;
    if (unsaid === 0) {
      this.#recent.delete(upstream.name);
      return;
    }
    const { name: resolver, lastFailure: reason, isUp } = upstream;
    this.#log.warn(
      { resolver, changes: unsaid, health: upstream.report().health, reason },
      `this resolver comes and goes: ${unsaid} more changes in a minute; now it ${isUp ? "answers" : "fails"}`,
    );
    recent.unsaid = 0;
    this.#await(recent);
  }

  #say({ name, looping, isUp, lastFailure }: Upstream): void {
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
