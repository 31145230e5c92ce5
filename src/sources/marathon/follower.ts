import { codeOf, type MesosDnsError, messageOf } from "../../base/errors.js";
import { FindingLog } from "../../base/finding-log.js";
import type { Logger } from "../../base/log.js";
import { printable } from "../../base/printable.js";
import type { Timers } from "../../base/timers.js";
import type { MarathonApp } from "./app.js";
import { Belief } from "./belief.js";
import { EVENT_TYPES, type MarathonAnswer, type MarathonClient } from "./client.js";
import { MarathonEvents } from "./events.js";
import type { MarathonReport, MarathonTrouble } from "./report.js";
import { Schedule } from "./schedule.js";

/** What a Marathon is asked with. */
export type MarathonAccess = Pick<MarathonClient, "urls" | "apps" | "podIds" | "events" | "close">;

export interface FollowerParts {
  readonly name: string;
  readonly access: MarathonAccess;
  readonly refreshSeconds: number;
  readonly timers: Timers;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  readonly log: Pick<Logger, "info" | "warn">;
  /** What counts has changed. */
  readonly onApps: (apps: readonly MarathonApp[], receivedAt: number) => void;
  /** It has told what there is. */
  readonly onCurrent: () => void;
  /** It does not tell what there is; what it told last counts. */
  readonly onTrouble: (reason: string) => void;
}

const KNOWN_EVENTS: ReadonlySet<string> = new Set(EVENT_TYPES);
const OTHER_EVENTS = "other";
const MAX_SHOWN = 300;

/**
 * Follows the apps of one Marathon. Events say when to look, and a full list every `refreshSeconds` is the truth:
 *
 *     MarathonEvents ──> Schedule ──> fetch ──> Belief ──> onApps
 */
export class MarathonFollower {
  readonly #parts: FollowerParts;
  readonly #schedule: Schedule;
  readonly #belief = new Belief();
  readonly #events: MarathonEvents;
  readonly #leftOut: FindingLog<string>;
  readonly #pods: FindingLog<string>;
  readonly #end = new AbortController();
  #cancel: () => void = () => {};
  #fetching: Promise<void> = Promise.resolve();
  #readingPods: Promise<void> | undefined;
  #podsAt = Number.NEGATIVE_INFINITY;
  /** The body that what counts is made of; `undefined` if the next one has to be read whatever it is. */
  #body: Buffer | undefined;
  #report: MarathonReport;

  constructor(parts: FollowerParts) {
    const { name, access, refreshSeconds, timers, random, log } = parts;
    this.#parts = parts;
    this.#schedule = new Schedule(refreshSeconds * 1000, random);
    this.#report = nothingOf(name);
    this.#leftOut = new FindingLog(log, "left out", (text) => ({ fields: {}, text: `${name}: ${shown(text)}` }));
    this.#pods = new FindingLog(log, "pods are not carried", (id) => ({
      fields: {},
      text: `${name}: the pod ${shown(id)} is not carried: pods have no service ports`,
    }));
    this.#events = new MarathonEvents({
      client: access,
      timers,
      random,
      onStream: (leader) => this.#streams(leader),
      onEvent: (type) => this.#happens(type),
      onLost: (error) => this.#loses(error),
    });
  }

  get report(): MarathonReport {
    return this.#report;
  }

  start(): void {
    this.#arm();
    this.#events.start();
  }

  /** Fetches the list as soon as may be. */
  look(): void {
    this.#schedule.retry();
    this.#arm();
  }

  /** Once the promise has settled, no connection is open and no callback will be called. */
  async stop(): Promise<void> {
    this.#end.abort();
    this.#cancel();
    await Promise.all([this.#events.stop(), this.#fetching, this.#readingPods]);
    await this.#parts.access.close();
  }

  /** Sets the timer for the next fetch. */
  #arm(): void {
    this.#cancel();
    const { dueAt } = this.#schedule;
    if (dueAt === undefined || this.#end.signal.aborted) return;
    const { timers } = this.#parts;
    this.#cancel = timers.after(Math.max(0, dueAt - timers.now()), () => {
      this.#fetching = this.#fetch();
    });
  }

  async #fetch(): Promise<void> {
    const { access, timers, onTrouble } = this.#parts;
    const { signal } = this.#end;
    const askedAt = timers.now();
    this.#schedule.begin(askedAt);
    try {
      const answer = await access.apps(signal, this.#body);
      if (signal.aborted) return;
      this.#take(answer, askedAt);
      this.#schedule.succeed(timers.now(), this.#belief.recheckMs);
    } catch (error) {
      if (signal.aborted) return;
      this.#schedule.fail(timers.now());
      const { good, failed } = this.#report.fetches;
      this.#change({ trouble: troubleOf(error), fetches: { good, failed: failed + 1 } });
      onTrouble(messageOf(error));
    }
    this.#arm();
  }

  #take({ body, read, url, leader }: MarathonAnswer, askedAt: number): void {
    const { timers, wallClock, onApps, onCurrent } = this.#parts;
    const receivedAt = wallClock();
    const { good, failed } = this.#report.fetches;
    this.#change({ url, leader, currentAt: receivedAt, trouble: undefined, fetches: { good: good + 1, failed } });
    if (read) {
      const apps = this.#belief.take(read.apps, { now: timers.now(), askedAt, leader });
      this.#leftOut.note(new Map(read.leftOut.map((text) => [text, text])));
      this.#noteHeld();
      this.#change({ apps: apps?.length ?? 0, tasks: tasksOf(apps ?? []), leftOut: read.leftOut.length });
      // A list that is held has to be looked at again, though it be the same.
      this.#body = this.#belief.held ? undefined : body;
      if (apps) onApps(apps, receivedAt);
    }
    if (!this.#belief.held) onCurrent();
    this.#lookAtPods(askedAt);
  }

  #noteHeld(): void {
    const { name, log, timers, wallClock } = this.#parts;
    const { held } = this.#belief;
    const was = this.#report.held;
    if (held && !was) {
      const text = `${name}: its list lacks so much that it has to be confirmed; ${held.apps} apps with ${held.tasks} tasks stay meanwhile`;
      log.warn({ apps: held.apps, tasks: held.tasks }, text);
    }
    if (was && !held) log.info(`${name}: its list counts again as it is`);
    const since = held && { ...held, since: held.since + wallClock() - timers.now() };
    this.#change({ held: since, heldLists: this.#report.heldLists + (held && !was ? 1 : 0) });
  }

  /** Pods are counted and named, as often as the list is read without an event. They make nobody wait. */
  #lookAtPods(now: number): void {
    const { access, refreshSeconds } = this.#parts;
    if (this.#readingPods || now - this.#podsAt < refreshSeconds * 1000) return;
    this.#podsAt = now;
    this.#readingPods = access
      .podIds(this.#end.signal)
      .then((ids) => {
        this.#pods.note(new Map(ids.map((id) => [id, id])));
        this.#change({ pods: ids.length });
      })
      // Whoever fails to tell of pods fails to tell of apps too, or has none.
      .catch(() => {})
      .finally(() => {
        this.#readingPods = undefined;
      });
  }

  #streams(leader: string): void {
    const { stream } = this.#report;
    this.#change({ stream: { ...stream, from: leader, begun: stream.begun + 1, trouble: undefined } });
    if (stream.trouble) this.#parts.log.info(`${this.#parts.name}: its events are followed again, from ${leader}`);
    this.look();
  }

  #happens(type: string): void {
    const { stream } = this.#report;
    const known = KNOWN_EVENTS.has(type) ? type : OTHER_EVENTS;
    const events = { ...stream.events, [known]: (stream.events[known] ?? 0) + 1 };
    this.#change({ stream: { ...stream, events } });
    if (known === OTHER_EVENTS) return;
    this.#schedule.ask();
    this.#arm();
  }

  #loses(error: MesosDnsError): void {
    const { name, log, refreshSeconds } = this.#parts;
    const { stream } = this.#report;
    if (!stream.trouble)
      log.warn({ code: error.code }, `${name}: ${error.message}; its list is read every ${refreshSeconds} s`);
    this.#change({ stream: { ...stream, from: undefined, trouble: troubleOf(error) } });
  }

  #change(part: Partial<MarathonReport>): void {
    this.#report = { ...this.#report, ...part };
  }
}

function nothingOf(name: string): MarathonReport {
  return {
    name,
    url: undefined,
    leader: undefined,
    currentAt: undefined,
    trouble: undefined,
    held: undefined,
    heldLists: 0,
    apps: 0,
    tasks: 0,
    pods: 0,
    leftOut: 0,
    fetches: { good: 0, failed: 0 },
    stream: { from: undefined, begun: 0, events: {}, trouble: undefined },
  };
}

function troubleOf(error: unknown): MarathonTrouble {
  return { code: codeOf(error), message: messageOf(error) };
}

/** Part of a text of the cluster's, for the log. */
function shown(text: string): string {
  return printable(text.slice(0, MAX_SHOWN));
}

function tasksOf(apps: readonly MarathonApp[]): number {
  return apps.reduce((sum, { tasks }) => sum + tasks.length, 0);
}
