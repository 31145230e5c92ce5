import type { Timers } from "../../base/timers.js";
import type { Seat } from "../server.js";
import { requestTarget, type WaitRequest, type WaitResponse } from "../waiting/news.js";
import type { VipBoard } from "./board.js";

export const VIP_EVENTS_PATH = "/v1/vips/events";

/** An empty event, so that readers know that the server is there, in milliseconds. */
const HEARTBEAT_MS = 15_000;
const HEARTBEAT = Buffer.from(":\n\n");
/** A reader that takes nothing for so long is cut, in milliseconds. */
const STALLED_MS = 60_000;
/** Readers that are told in one turn of the event loop, so that other work is not held up. */
const BATCH = 64;
export const EVENTS_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
};

export type StreamResponse = WaitResponse & {
  write(octets: Buffer): boolean;
  destroy(): void;
  readonly writableNeedDrain: boolean;
  useChunkedEncodingByDefault: boolean;
};

export interface VipStreamsOptions {
  readonly board: VipBoard;
  readonly timers: Timers;
  /** Runs `work` in a later turn of the event loop. */
  readonly later: (work: () => void) => void;
}

interface Reader {
  readonly response: StreamResponse;
  /** The version that it has been told; -1 for none. */
  version: number;
  /** Breaks off the wait for a reader that does not take what it is sent; `undefined` if it does. */
  cancelStall: (() => void) | undefined;
}

/**
 * Tells readers of each change of the virtual addresses, and of nothing else: each costs one write. One that reads slowly is told less often,
 * and then all that it has missed.
 */
export class VipStreams {
  readonly #options: VipStreamsOptions;
  readonly #readers = new Set<Reader>();
  /** Who is told in later turns. */
  readonly #due = new Set<Reader>();
  #cancelBeat: (() => void) | undefined;
  #isClosed = false;

  constructor(options: VipStreamsOptions) {
    this.#options = options;
    options.board.follow(() => this.#tellAll());
  }

  get size(): number {
    return this.#readers.size;
  }

  /** Returns false, and does nothing, if the request is for something else, or there is nothing to tell: then the routes respond. */
  handle(request: WaitRequest, response: StreamResponse, seat: Seat): boolean {
    const { board } = this.#options;
    if (request.method !== "GET" || board.state !== "ready" || this.#isClosed) return false;
    if (requestTarget(request).path !== VIP_EVENTS_PATH || !seat.take()) return false;
    // Each event is one write of octets that all readers share: in chunks it would be three.
    response.useChunkedEncodingByDefault = false;
    response.writeHead(
      200,
      request.httpVersionMajor === 1 ? { ...EVENTS_HEADERS, connection: "close" } : EVENTS_HEADERS,
    );
    const known = request.headers["last-event-id"] === board.etag;
    const reader: Reader = { response, version: known ? board.indexOf() : -1, cancelStall: undefined };
    this.#readers.add(reader);
    this.#beat();
    response.once("close", () => {
      this.#readers.delete(reader);
      reader.cancelStall?.();
      seat.leave();
    });
    this.#write(reader, board.eventSince(reader.version));
    reader.version = board.indexOf();
    return true;
  }

  /** Ends all streams. From now on there are none. */
  close(): void {
    this.#isClosed = true;
    this.#cancelBeat?.();
    for (const { response } of this.#readers) response.end();
  }

  #tellAll(): void {
    if (this.#options.board.state !== "ready") {
      for (const { response } of this.#readers) response.end();
      return;
    }
    const isIdle = this.#due.size === 0;
    for (const reader of this.#readers) this.#due.add(reader);
    if (isIdle) this.#tellDue();
  }

  #tellDue(): void {
    let left = BATCH;
    for (const reader of this.#due) {
      if (left-- === 0) break;
      this.#due.delete(reader);
      this.#tell(reader);
    }
    if (this.#due.size > 0) this.#options.later(() => this.#tellDue());
  }

  #tell(reader: Reader): void {
    const { board } = this.#options;
    const isReady = this.#readers.has(reader) && reader.cancelStall === undefined && board.state === "ready";
    if (!isReady || reader.version === board.indexOf()) return;
    this.#write(reader, board.eventSince(reader.version));
    reader.version = board.indexOf();
  }

  #write(reader: Reader, octets: Buffer): void {
    const { response } = reader;
    if (response.destroyed || response.write(octets) || !response.writableNeedDrain) return;
    reader.cancelStall = this.#options.timers.after(STALLED_MS, () => response.destroy());
    response.once("drain", () => {
      reader.cancelStall?.();
      reader.cancelStall = undefined;
      this.#tell(reader);
    });
  }

  /** One timer for all, while there are any. */
  #beat(): void {
    if (this.#cancelBeat) return;
    this.#cancelBeat = this.#options.timers.after(HEARTBEAT_MS, () => {
      this.#cancelBeat = undefined;
      for (const reader of this.#readers) if (reader.cancelStall === undefined) this.#write(reader, HEARTBEAT);
      if (this.#readers.size > 0 && !this.#isClosed) this.#beat();
    });
  }
}
