import { formatHostPort } from "../../../base/host-port.js";
import type { MasterEvent } from "./events.js";
import { NOTHING_FOLLOWED, type StreamReport } from "./report.js";
import type { StreamNews } from "./stream.js";

/** Keeps the status and the counters of the stream. */
export class StreamLog {
  readonly #events: Record<string, number> = {};
  readonly #failures: Record<string, number> = {};
  #report = NOTHING_FOLLOWED.stream;

  get report(): StreamReport {
    return { ...this.#report, events: { ...this.#events }, failures: { ...this.#failures } };
  }

  /** Call this when the configuration turns the stream on or off. */
  turn(on: boolean): void {
    const status = on ? "disconnected" : "off";
    this.#report = { ...this.#report, status, master: undefined, failure: undefined };
  }

  event({ type }: MasterEvent): void {
    this.#events[type] = (this.#events[type] ?? 0) + 1;
  }

  news(news: StreamNews): void {
    if (news.kind === "connected") {
      const subscriptions = this.#report.subscriptions + 1;
      const master = formatHostPort(news.from);
      this.#report = { ...this.#report, status: "connected", master, subscriptions, failure: undefined };
      return;
    }
    const { code, message } = news.error;
    const status = code === "STREAM_UNSUPPORTED" ? "unsupported" : "disconnected";
    this.#failures[code] = (this.#failures[code] ?? 0) + 1;
    this.#report = { ...this.#report, status, master: undefined, failure: { code, message } };
  }
}
