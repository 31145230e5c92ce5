import { type Backoff, NO_JITTER, pauseAfter } from "../base/backoff.js";
import { messageOf } from "../base/errors.js";
import { FindingLog } from "../base/finding-log.js";
import type { Logger } from "../base/log.js";
import { Rerun } from "../base/rerun.js";
import type { Timers } from "../base/timers.js";
import { type Decision, decide } from "../lb/file-formats/decision.js";
import { type Content, type FileFormat, isSameContent, type Made } from "../lb/file-formats/format.js";
import { LbStats } from "../lb/haproxy/stats.js";
import type { Refused } from "../lb/last-good.js";
import type { Notice } from "../lb/services.js";
import type { FileHost } from "./file-host.js";
import { Inspector } from "./inspector.js";

/** How often it is made again, whatever has happened: names of agents and tasks become others with time. */
const LOOK_MS = 15_000;
/** How often what is refused is tried again: what it lacks may be there by now. */
const TRY_AGAIN_MS = 60_000;
/** How often it is looked whether HAProxy is there at all. */
const WATCH_MS = 1_000;
const RETRY: Backoff = { firstMs: 1_000, lastMs: 60_000 };

export interface FileOutputParts<Known> {
  readonly format: FileFormat<Known>;
  readonly host: FileHost;
  /** What the configuration is made of; `undefined` while that is not known. */
  readonly known: () => Promise<Known | undefined>;
  readonly timers: Timers;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly log: Pick<Logger, "info" | "warn">;
  readonly coalesceMs: number;
  readonly minIntervalMs: number;
  /** What was good last has changed. @returns whether that is kept: if not, it is tried again */
  readonly onAccepted: () => Promise<boolean>;
  /** An update has ended: HAProxy has been reloaded, needed not to be, or could not be. @param ms how long that took */
  readonly onUpdate: (result: "reloaded" | "skipped" | "failed", ms: number) => void;
}

/**
 * Keeps a file the same as what is wanted, and a HAProxy that reads it: made, compared, checked, written as a whole, and then one
 * reload. What HAProxy refuses costs only those apps that it is for.
 */
export class FileOutput<Known> {
  readonly #parts: FileOutputParts<Known>;
  readonly #inspector: Inspector<Known>;
  readonly #notices: FindingLog<Notice>;
  readonly stats = new LbStats();
  /** What HAProxy has read; `undefined` before it has been looked at. */
  #loaded: Content | undefined;
  #made: Made | undefined;
  #trouble: string | undefined;
  #since: number | undefined;
  #wantedSince: number | undefined;
  #isAsked = false;
  #reloadedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  /** Whether what was good last is kept. */
  #isKept = true;
  /** Whether HAProxy has been there since it was last told to be started. */
  #wasThere = false;
  readonly #again: Rerun;
  #cancelWatch: () => void = () => undefined;

  constructor(parts: FileOutputParts<Known>) {
    this.#parts = parts;
    this.#inspector = new Inspector(parts.format, parts.host);
    this.#again = new Rerun({ timers: parts.timers, run: (startedAt) => this.#run(startedAt), leastMs: 0 });
    this.#notices = new FindingLog(parts.log, "not as it was asked for", ({ appId, text }) => ({
      fields: { app: appId },
      text: `${appId}: ${text}`,
    }));
  }

  get report() {
    return {
      made: this.#made,
      trouble: this.#trouble,
      isSettled: this.#loaded !== undefined && this.#since === undefined,
    };
  }

  start(): void {
    this.#watch();
    this.#again.within(0);
  }

  /** What the configuration is made of may be something else. @param since when, in milliseconds of the clock of `timers` */
  changed(since: number | undefined): void {
    this.#since ??= since;
    this.#again.within(0);
  }

  /** Has HAProxy read its configuration again, though it be the same. */
  reload(): void {
    this.#isAsked = true;
    this.#again.within(0);
  }

  /** Waits for what is under way. HAProxy goes on as it is. */
  async stop(): Promise<void> {
    this.#cancelWatch();
    await this.#again.stop();
  }

  #watch(): void {
    if (this.#again.isStopped) return;
    this.#cancelWatch = this.#parts.timers.after(WATCH_MS, async () => {
      if (this.#wasThere && !this.#again.isRunning && (await this.#parts.host.isGone())) {
        this.#wasThere = false;
        this.#again.within(0);
      }
      this.#watch();
    });
  }

  /** @returns milliseconds until it has to be looked again */
  async #run(started: number): Promise<number> {
    const { timers, log, onUpdate } = this.#parts;
    try {
      return await this.#bring(started);
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== this.#trouble) log.warn({ reason }, `HAProxy goes on with what it has: ${reason}`);
      this.#trouble = reason;
      this.stats.note({ kind: "failed", reason }, timers.now());
      onUpdate("failed", timers.now() - started);
      return pauseAfter(this.#failures++, RETRY, NO_JITTER);
    }
  }

  /** @returns milliseconds until it has to be looked again */
  async #bring(started: number): Promise<number> {
    const { host, known, format, wallClock, timers } = this.#parts;
    const now = await known();
    if (now === undefined) return LOOK_MS;
    if (timers.now() - this.#triedAt >= TRY_AGAIN_MS) {
      this.#triedAt = timers.now();
      format.tryAgain();
    }
    const from = timers.now();
    const made = await this.#inspector.made(() => format.make(now, wallClock()));
    this.stats.addModel((timers.now() - from) / 1_000);
    this.#loaded ??= await host.read(made.content.maps.keys());
    await this.#lookAtFile(this.#loaded);
    const isGone = await host.isGone();
    this.#wasThere = !isGone;
    const decision = this.#decide(made, this.#loaded, isGone);
    if (decision.kind === "wait") return decision.ms;
    if (decision.kind !== "nothing") {
      const isDone = await this.#change(made, decision.kind);
      if (!isDone) return 0;
    }
    await this.#applied(made, decision.kind === "nothing" ? "skipped" : "reloaded", started);
    return LOOK_MS;
  }

  /** Somebody may have written it, or HAProxy not have read what is written. */
  async #lookAtFile(loaded: Content): Promise<void> {
    const { host, log, timers } = this.#parts;
    if (await host.isUncertain()) this.#isAsked = true;
    if (!this.#isAsked && timers.now() - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = timers.now();
    const there = await host.read(loaded.maps.keys());
    if (isSameContent(there, loaded)) return;
    log.warn({ file: host.path }, `${host.path} is not what was written last: it is written again`);
    this.#loaded = there;
    this.#isAsked = true;
  }

  #decide({ content }: Made, loaded: Content, isGone: boolean): Decision {
    const { timers, coalesceMs, minIntervalMs } = this.#parts;
    const now = timers.now();
    const isNew = !isSameContent(content, loaded);
    this.#wantedSince = isNew || this.#isAsked ? (this.#wantedSince ?? now) : undefined;
    const times = { now, wantedSince: this.#wantedSince, reloadedAt: this.#reloadedAt, coalesceMs, minIntervalMs };
    return decide({ isNew, isAsked: this.#isAsked, isGone, ...times });
  }

  /** @returns whether it has been done: if not, something else is to be made */
  async #change({ content }: Made, kind: "start" | "reload"): Promise<boolean> {
    const { host, log, timers } = this.#parts;
    const before = this.#loaded as Content;
    try {
      const faults = await this.#inspector.fault(content, kind === "start" ? undefined : before);
      if (faults !== undefined) {
        this.stats.note({ kind: "refused", faults }, timers.now());
        return false;
      }
      await host.beginChange();
      await host.write(content);
    } catch (error) {
      // With what it had, somebody is served.
      if (kind === "start" && before.text !== "") await this.#start();
      throw error;
    }
    const cause = isSameContent(content, before) ? "asked" : "content";
    this.#reloadedAt = timers.now();
    try {
      await (kind === "start" ? this.#start() : host.reload());
    } catch (error) {
      // So that it can be started again.
      if (before.text !== "") await host.write(before);
      throw error;
    }
    await host.endChange();
    this.#loaded = content;
    this.#isAsked = false;
    if (kind === "reload") {
      this.stats.note({ kind: "reloaded", cause }, timers.now());
      log.info({ cause, file: host.path }, "HAProxy has read its configuration again");
    }
    return true;
  }

  async #start(): Promise<void> {
    const { host, log } = this.#parts;
    await host.start();
    this.#wasThere = true;
    log.info({ file: host.path }, "HAProxy was not there: it is started");
  }

  async #applied(made: Made, result: "reloaded" | "skipped", started: number): Promise<void> {
    const { format, timers, onAccepted, onUpdate, log } = this.#parts;
    this.#made = made;
    if (this.#trouble !== undefined) log.info("HAProxy follows again");
    this.#trouble = undefined;
    this.#failures = 0;
    this.#wantedSince = undefined;
    this.#tell(made);
    if (format.accept()) this.#isKept = false;
    if (!this.#isKept) this.#isKept = await onAccepted();
    if (result === "reloaded" || this.#since !== undefined) onUpdate(result, timers.now() - started);
    this.stats.note({ kind: "applied", since: this.#since }, timers.now());
    this.#since = undefined;
  }

  #tell({ carried: { refused, conflicts, notices } }: Made): void {
    const all = [...refused.map(noticeOf), ...conflicts, ...notices];
    this.#notices.note(new Map(all.map((notice) => [`${notice.appId} ${notice.text}`, notice])));
  }
}

function noticeOf({ appId, index, reason, isKept }: Refused): Notice {
  const what = index === undefined ? "it" : `its service ${index}`;
  return { appId, text: `${what} is refused, and ${isKept ? "goes on as it was" : "left out"}: ${reason}` };
}
