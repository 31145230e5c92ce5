import type { Readable } from "node:stream";
import { type Backoff, pauseAfter } from "../../../base/backoff.js";
import { MesosDnsError, messageOf } from "../../../base/errors.js";
import { formatHostPort, type HostPort } from "../../../base/host-port.js";
import type { Timers } from "../../../base/timers.js";
import { networkReason } from "../../http/reasons.js";
import { Silence } from "../../http/silence.js";
import type { LeaderAccess } from "../leader.js";
import { EventParser, type MasterEvent } from "./events.js";
import { RecordDecoder } from "./record-io.js";

/** The heartbeat interval that is assumed until the master announces its own. */
const HEARTBEAT_MS = 15_000;
/** After this many missed heartbeats the stream is lost. */
const MISSED_HEARTBEATS = 3;
/** A stream that lasted this long resets the pauses: the next attempt comes after the shortest one. */
const STABLE_MS = 10_000;
/** Between attempts. */
const PAUSES: Backoff = { firstMs: 250, lastMs: 10_000 };

export type StreamNews =
  | { readonly kind: "connected"; readonly from: HostPort }
  /** The stream is retried automatically; after STREAM_UNSUPPORTED, only when restart() is called. */
  | { readonly kind: "failed"; readonly error: MesosDnsError };

export interface EventStreamOptions {
  readonly access: Pick<LeaderAccess, "subscribe" | "facts">;
  /** Size of the largest record that is accepted, in bytes. */
  readonly maxRecordBytes: number;
  readonly timers: Timers;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** Receives each event, SUBSCRIBED first. */
  readonly onEvent: (event: MasterEvent, from: HostPort) => void;
  readonly onNews: (news: StreamNews) => void;
}

/** Follows the leader's stream of events until it is stopped. Never has two streams at a time. */
export class EventStream {
  readonly #options: EventStreamOptions;
  #round = new AbortController();
  #running: Promise<void> | undefined;
  #wake: () => void = () => {};
  #from: HostPort | undefined;
  #subscribedAt: number | undefined;
  #stopped = false;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** The master whose stream is being read; `undefined` while there is no stream. */
  get from(): HostPort | undefined {
    return this.#from;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the current stream, whose master no longer leads, and looks for the leader at once. */
  restart(): void {
    this.#round.abort();
    this.#wake();
  }

  /** Once the promise has settled, no callback will be called. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.restart();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopped) {
      this.#round = new AbortController();
      const { signal } = this.#round;
      this.#subscribedAt = undefined;
      const error = await this.#follow(signal).catch((reason: unknown) => reason);
      this.#from = undefined;
      if (this.#stopped) return;
      if (this.#wasStable() || signal.aborted) failures = 0;
      if (signal.aborted) continue;
      const failure = errorOf(error);
      this.#options.onNews({ kind: "failed", error: failure });
      if (failure.code === "STREAM_UNSUPPORTED") await this.#pause(Number.POSITIVE_INFINITY);
      else await this.#pause(pauseAfter(failures++, PAUSES, this.#options.random));
    }
  }

  #wasStable(): boolean {
    return this.#subscribedAt !== undefined && this.#options.timers.now() - this.#subscribedAt >= STABLE_MS;
  }

  /** Reads one stream to its end. Every end is an error. */
  async #follow(signal: AbortSignal): Promise<never> {
    const { access, timers } = this.#options;
    const attempt = new AbortController();
    const abort = () => attempt.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const silence = new Silence(timers, HEARTBEAT_MS * MISSED_HEARTBEATS, () => attempt.abort(silent(silence.limitMs)));
    try {
      const { body, from } = await access.subscribe(attempt.signal);
      return await this.#read(body, from, silence, attempt.signal);
    } catch (error) {
      throw attempt.signal.aborted ? attempt.signal.reason : error;
    } finally {
      silence.end();
      signal.removeEventListener("abort", abort);
    }
  }

  async #read(body: Readable, from: HostPort, silence: Silence, signal: AbortSignal): Promise<never> {
    const decoder = new RecordDecoder(this.#options.maxRecordBytes);
    const { facts } = this.#options.access;
    let parser = new EventParser(facts);
    try {
      for await (const chunk of body) {
        silence.heard();
        for (const { bytes, isLast } of decoder.push(chunk)) {
          if (signal.aborted) throw signal.reason;
          parser.add(bytes);
          if (!isLast) continue;
          this.#take(parser.end(), from, silence);
          parser = new EventParser(facts);
        }
      }
    } catch (error) {
      throw error instanceof MesosDnsError ? at(from, error) : lost(from, networkReason(error), error);
    } finally {
      body.destroy();
    }
    throw lost(from, "it ended the stream");
  }

  #take(event: MasterEvent, from: HostPort, silence: Silence): void {
    const { onEvent, onNews, timers } = this.#options;
    if (event.type === "SUBSCRIBED") {
      silence.heard(event.heartbeatSeconds * MISSED_HEARTBEATS * 1000);
      this.#subscribedAt = timers.now();
      this.#from = from;
      onNews({ kind: "connected", from });
    }
    // Before Mesos 1.5.1, a heartbeat may come first.
    if (this.#from || event.type === "HEARTBEAT") onEvent(event, from);
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#round;
    return new Promise((resolve) => {
      const cancel = Number.isFinite(ms) ? this.#options.timers.after(ms, resolve) : () => {};
      this.#wake = () => {
        cancel();
        resolve();
      };
      if (signal.aborted) this.#wake();
    });
  }
}

function errorOf(error: unknown): MesosDnsError {
  return error instanceof MesosDnsError ? error : new MesosDnsError("INTERNAL", messageOf(error), { cause: error });
}

function silent(limitMs: number): MesosDnsError {
  const message = `the master was silent for ${limitMs / 1000} s, ${MISSED_HEARTBEATS} heartbeats`;
  return new MesosDnsError("STREAM_LOST", message);
}

function lost(from: HostPort, why: string, cause?: unknown): MesosDnsError {
  return new MesosDnsError("STREAM_LOST", `Mesos master ${formatHostPort(from)}: ${why}`, { cause });
}

function at(from: HostPort, error: MesosDnsError): MesosDnsError {
  const message = `Mesos master ${formatHostPort(from)}: ${error.message}`;
  return new MesosDnsError(error.code, message, { cause: error });
}
