import type { Logger } from "../../base/log.js";
import type { Timers } from "../../base/timers.js";
import type { LbSettings, MarathonSetting } from "../../config/lb.js";
import type { MarathonApp } from "./app.js";
import { type MarathonAccess, MarathonFollower } from "./follower.js";
import { mergeApps } from "./merged-apps.js";
import type { MarathonReport } from "./report.js";

/** What all Marathons have, after one of them has told something new. */
export interface AppsNews {
  readonly apps: readonly MarathonApp[];
  /** When it was told, in milliseconds since the epoch. */
  readonly receivedAt: number;
  /** The name of the Marathon that told it. */
  readonly source: string;
  /** The names of those that have told nothing since the start: what they have is not in `apps`. */
  readonly unheard: readonly string[];
}

export interface AppsListener {
  readonly onApps: (news: AppsNews) => void;
  /** A Marathon has told what it has, whether it is new or not. */
  readonly onCurrent: (source: string) => void;
  /** A Marathon does not tell what it has. What it told last counts, for as long as it takes. */
  readonly onTrouble: (reason: string, source: string) => void;
}

export interface MarathonSourceParts extends AppsListener {
  readonly settings: Pick<LbSettings, "marathons" | "refreshSeconds">;
  /** Asks the nodes of one of them. May throw MesosDnsError CREDENTIALS_UNREADABLE. */
  readonly accessTo: (marathon: MarathonSetting) => MarathonAccess;
  readonly timers: Timers;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  readonly log: Pick<Logger, "info" | "warn">;
}

/** Follows the apps of all Marathons, each by itself. */
export class MarathonSource {
  readonly #parts: MarathonSourceParts;
  readonly #followers: readonly MarathonFollower[];
  /** By name, in the order of the configuration; `undefined` for those that have told nothing. */
  readonly #lists: Map<string, readonly MarathonApp[] | undefined>;

  /** Throws what `accessTo` throws. */
  constructor(parts: MarathonSourceParts) {
    const { marathons } = parts.settings;
    this.#parts = parts;
    this.#lists = new Map(marathons.map(({ name }) => [name, undefined]));
    this.#followers = marathons.map((marathon) => this.#follow(marathon));
  }

  /** One for each Marathon, in the order of the configuration. */
  get reports(): readonly MarathonReport[] {
    return this.#followers.map(({ report }) => report);
  }

  start(): void {
    for (const follower of this.#followers) follower.start();
  }

  /** Has all lists fetched as soon as may be. */
  look(): void {
    for (const follower of this.#followers) follower.look();
  }

  /** Once the promise has settled, no connection is open and no callback will be called. */
  async stop(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.stop()));
  }

  #follow(marathon: MarathonSetting): MarathonFollower {
    const { settings, accessTo, timers, wallClock, random, log, onCurrent, onTrouble } = this.#parts;
    const { name } = marathon;
    return new MarathonFollower({
      name,
      access: accessTo(marathon),
      refreshSeconds: settings.refreshSeconds,
      timers,
      wallClock,
      random,
      log,
      onApps: (apps, receivedAt) => this.#take(name, apps, receivedAt),
      onCurrent: () => onCurrent(name),
      onTrouble: (reason) => onTrouble(reason, name),
    });
  }

  #take(source: string, apps: readonly MarathonApp[], receivedAt: number): void {
    this.#lists.set(source, apps);
    const heard = [...this.#lists].flatMap(([name, list]) => (list ? [[name, list] as const] : []));
    const unheard = [...this.#lists].flatMap(([name, list]) => (list ? [] : [name]));
    this.#parts.onApps({ apps: mergeApps(new Map(heard)), receivedAt, source, unheard });
  }
}
