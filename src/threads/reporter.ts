import type { Timers } from "../base/timers.js";

const REPORT_MS = 1_000;

export interface ReporterParts<Report> {
  readonly timers: Pick<Timers, "after">;
  /** What there is to report now: plain values. */
  readonly read: () => Report;
  readonly post: (report: Report) => void;
}

/** Reports to the main thread once a second, but only what has changed since the last report. */
export class Reporter<Report> {
  readonly #parts: ReporterParts<Report>;
  #reported = "";
  #cancel: () => void = () => {};

  constructor(parts: ReporterParts<Report>) {
    this.#parts = parts;
  }

  start(): void {
    this.#cancel = this.#parts.timers.after(REPORT_MS, () => {
      this.report();
      this.start();
    });
  }

  /** Reports now. */
  report(): void {
    const report = this.#parts.read();
    const text = JSON.stringify(report);
    if (text === this.#reported) return;
    this.#reported = text;
    this.#parts.post(report);
  }

  /** Reports for the last time. */
  stop(): void {
    this.#cancel();
    this.report();
  }
}
