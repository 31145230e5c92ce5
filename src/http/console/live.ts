import type { Timers } from "../../base/timers.js";
import { ChangeList } from "../../console/change-list.js";
import type { Change } from "../../console/changes.js";
import type { Figures, NumberedChange } from "../../console/figures.js";
import { noticesBetween } from "../../console/notices.js";
import { type Readings, Sampler } from "../../console/sampler.js";
import { ConsoleStreams, type StreamSource } from "./streams.js";

/** Milliseconds between two sets of figures. */
const SAMPLE_MS = 1_000;
/** Changes that one write has at most: the newest. */
const MAX_SENT = 500;
/** Changes that a reader begins with who has read none before. */
const RECENT = 100;

export interface ConsoleLiveParts {
  readonly readings: Omit<Readings, "changes" | "wallClock" | "now">;
  readonly timers: Timers;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly isOn: () => boolean;
  readonly isShared: (address: string) => boolean;
  /** Called with whether somebody reads a stream. */
  readonly onWatched: (isWatched: boolean) => void;
}

/** What happens while somebody looks: figures every second, and changes at once. Nothing is read or kept before. */
export class ConsoleLive implements StreamSource {
  readonly #parts: ConsoleLiveParts;
  readonly #changes: ChangeList;
  readonly #sampler: Sampler;
  readonly streams: ConsoleStreams;
  #cancelSample: (() => void) | undefined;

  constructor(parts: ConsoleLiveParts) {
    this.#parts = parts;
    const { timers, wallClock, isShared } = parts;
    this.#changes = new ChangeList(wallClock);
    const changes = () => this.#changes.lastMinute;
    this.#sampler = new Sampler({ ...parts.readings, changes, wallClock, now: () => timers.now() });
    this.streams = new ConsoleStreams({ source: this, timers, isShared });
  }

  isOn(): boolean {
    return this.#parts.isOn();
  }

  /** Takes figures from now on, until stop(): those who come back shortly after find them. */
  start(): void {
    if (this.#cancelSample) return;
    this.#sampler.sample();
    const next = () => {
      this.#cancelSample = this.#parts.timers.after(SAMPLE_MS, () => {
        this.#sample();
        next();
      });
    };
    next();
  }

  stop(): void {
    this.#cancelSample?.();
    this.#cancelSample = undefined;
    this.#sampler.clear();
  }

  watched(isWatched: boolean): void {
    this.#parts.onWatched(isWatched);
  }

  beginning(): string {
    const { last, history } = this.#sampler;
    return eventOf("history", { figures: last, history });
  }

  get recent(): number {
    return this.#changes.since(0, RECENT + 1).at(-RECENT - 1)?.id ?? 0;
  }

  changesSince(id: number): { readonly text: string; readonly last: number } {
    const { last } = this.#changes;
    // One that has not been given is another server's, or was given before the clock was set back: its reader begins as a new one does.
    const changes = this.#changes.since(id > last ? this.recent : id, MAX_SENT);
    return { text: changes.map(changeEvent).join(""), last };
  }

  /** Call this when something has changed. */
  add(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    this.#changes.add(changes);
    this.streams.changed();
  }

  #sample(): void {
    // The console may have been switched off meanwhile.
    if (!this.isOn()) this.streams.end();
    const before = this.#sampler.last;
    const figures: Figures = this.#sampler.sample();
    if (before) this.add(noticesBetween(before, figures));
    this.streams.figures(eventOf("figures", figures));
  }
}

function changeEvent(change: NumberedChange): string {
  return `id: ${change.id}\n${eventOf("change", change)}`;
}

/** JSON has no line breaks. */
function eventOf(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
