import type { Logger } from "../base/log.js";
import { systemTimers } from "../base/timers.js";
import type { LbSettings } from "../config/lb.js";
import type { SourceReport } from "../lb/report.js";
import { MarathonClient } from "../sources/marathon/client.js";
import { type AppsNews, MarathonSource } from "../sources/marathon/source.js";

/** Where services come from, while it is followed. */
export interface Following {
  start(): void;
  /** Has everything told again as soon as may be. */
  look(): void;
  stop(): Promise<void>;
  readonly reports: readonly SourceReport[];
}

export interface MarathonFollowingParts {
  readonly settings: LbSettings;
  readonly log: Logger;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** @param since when they were told, in milliseconds of the clock of the timers */
  readonly onApps: (news: Pick<AppsNews, "apps" | "source">, since: number) => void;
}

export function followMarathons({ settings, log, env, onApps }: MarathonFollowingParts): Following {
  const source = new MarathonSource({
    settings,
    accessTo: (marathon) => new MarathonClient(marathon, { timers: systemTimers, wallClock: Date.now, env }),
    timers: systemTimers,
    wallClock: Date.now,
    random: Math.random,
    log,
    onApps: ({ apps, receivedAt, unheard, source }) => {
      // Until all have told what they have, what is missing may only be late: HAProxy goes on as it is.
      if (unheard.length > 0) {
        log.warn({ marathons: unheard }, "not every Marathon has told its apps yet: HAProxy goes on as it is");
        return;
      }
      onApps({ apps, source }, systemTimers.now() - Math.max(0, Date.now() - receivedAt));
    },
    onCurrent: () => undefined,
    onTrouble: (reason, name) => log.warn({ marathon: name, reason }, "what this Marathon told last counts"),
  });
  return {
    start: () => source.start(),
    look: () => source.look(),
    stop: () => source.stop(),
    get reports() {
      return source.reports.map(({ name, url, currentAt, trouble, apps, tasks, pods, held }) => ({
        ...{ name, url, currentAt, apps, tasks, pods },
        trouble: trouble?.message,
        isHeld: held !== undefined,
      }));
    },
  };
}
