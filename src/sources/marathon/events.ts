import type { Readable } from "node:stream";
import { type Backoff, pauseAfter } from "../../base/backoff.js";
import { MesosDnsError } from "../../base/errors.js";
import { pause, type Timers } from "../../base/timers.js";
import { EventStreamReader } from "../http/event-stream.js";
import { networkReason } from "../http/reasons.js";
import { destroy } from "../http/requests.js";
import { Silence } from "../http/silence.js";
import type { MarathonClient } from "./client.js";

/** Marathon says something every 10 s or less, if only a blank line. */
const SILENCE_MS = 60_000;
/** Characters of a line: a Marathon before 1.5 tells of a deployment with whole lists of apps in it. */
const MAX_LINE = 64 * 1024 * 1024;
/** A stream that lasted this long has worked. A shorter one may be what something between makes of each. */
const WORKED_MS = 10_000;
const PAUSES: Backoff = { firstMs: 250, lastMs: 15_000 };

export interface MarathonEventsParts {
  readonly client: Pick<MarathonClient, "urls" | "events">;
  readonly timers: Timers;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** A stream has begun: what happened before is not in it. */
  readonly onStream: (leader: string) => void;
  /** Receives the type of each event. No order and no completeness is promised, so that nothing else of it counts. */
  readonly onEvent: (type: string) => void;
  /** There is no stream. It is tried again, at the next node. */
  readonly onLost: (error: MesosDnsError) => void;
}

/** Follows the events of a Marathon at one node after the other. */
export class MarathonEvents {
  readonly #parts: MarathonEventsParts;
  readonly #end = new AbortController();
  #following: Promise<void> = Promise.resolve();
  /** When the stream has begun that is read; `undefined` while there is none. */
  #since: number | undefined;

  constructor(parts: MarathonEventsParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#following = this.#follow();
  }

  /** Once the promise has settled, no callback will be called. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    const { client, timers, random, onLost } = this.#parts;
    const { urls } = client;
    const { signal } = this.#end;
    let failures = 0;
    for (let at = 0; !signal.aborted; at = (at + 1) % urls.length) {
      const url = urls[at] as string;
      this.#since = undefined;
      const error = await this.#read(url).catch((reason: unknown) => reason);
      if (signal.aborted) return;
      if (timers.now() - (this.#since ?? timers.now()) >= WORKED_MS) failures = 0;
      onLost(error instanceof MesosDnsError ? error : lost(url, networkReason(error)));
      failures++;
      // Each of them is asked once without a pause.
      const ms = failures < urls.length ? 0 : pauseAfter(failures - urls.length, PAUSES, random);
      await pause(timers, ms, signal);
    }
  }

  /** Reads one stream to its end. Every end is an error. */
  async #read(url: string): Promise<never> {
    const { client, timers, onStream } = this.#parts;
    const silence = new AbortController();
    const signal = AbortSignal.any([this.#end.signal, silence.signal]);
    const { body, leader } = await client.events(url, signal);
    const quiet = new Silence(timers, SILENCE_MS, () =>
      silence.abort(lost(url, `it was silent for ${SILENCE_MS / 1_000} s`)),
    );
    try {
      this.#since = timers.now();
      onStream(leader);
      await this.#take(body, quiet);
    } catch (error) {
      throw silence.signal.aborted ? silence.signal.reason : error;
    } finally {
      quiet.end();
      destroy(body);
    }
    throw lost(url, "it ended the stream");
  }

  async #take(body: Readable, quiet: Silence): Promise<void> {
    const reader = new EventStreamReader(MAX_LINE);
    for await (const piece of body.setEncoding("utf8")) {
      quiet.heard();
      for (const { event } of reader.add(piece)) this.#parts.onEvent(event);
    }
  }
}

function lost(url: string, why: string): MesosDnsError {
  return new MesosDnsError("MARATHON_UNREACHABLE", `the events of Marathon at ${url}: ${why}`);
}
