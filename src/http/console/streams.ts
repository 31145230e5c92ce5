import type { Timers } from "../../base/timers.js";
import type { Seat } from "../server.js";
import { EVENTS_HEADERS, type StreamResponse } from "../vips/streams.js";
import { requestTarget, type WaitRequest } from "../waiting/news.js";

/** Everything, for the console; and changes alone, for programs. */
export const LIVE_PATH = "/v1/console/live";
export const CHANGES_PATH = "/v1/console/changes";

/** How many there may be, in all and for one address. A browser has one a page. */
const MAX_STREAMS = 256;
const MAX_PER_ADDRESS = 32;
/** An empty event, so that readers know that the server is there, in milliseconds. */
const HEARTBEAT_MS = 15_000;
const HEARTBEAT = Buffer.from(":\n\n");
/** A reader that takes nothing for so long is cut, in milliseconds. */
const STALLED_MS = 60_000;

/** What readers are told. */
export interface StreamSource {
  /** Whether there is a console. */
  isOn(): boolean;
  /** Called when the first reader has come, and when the last one has left. */
  watched(isWatched: boolean): void;
  /** The events that a reader of figures begins with. */
  beginning(): string;
  /** The changes behind this number as events, and the number of the last one. A number that has not been given yet counts as none. */
  changesSince(id: number): { readonly text: string; readonly last: number };
  /** The number of the change behind which a reader begins that asks for the last ones. */
  readonly recent: number;
}

export interface ConsoleStreamsOptions {
  readonly source: StreamSource;
  readonly timers: Timers;
  /** Whether an address is that of a proxy, which stands for many clients. */
  readonly isShared: (address: string) => boolean;
}

interface Reader {
  readonly response: StreamResponse;
  readonly wantsFigures: boolean;
  /** The last change that it has been told. */
  last: number;
  /** Breaks off the wait for a reader that does not take what it is sent; `undefined` if it does. */
  cancelStall: (() => void) | undefined;
}

/**
 * Streams of figures and changes. One that reads slowly misses figures, and gets its changes later: no more than one write waits for it,
 * whose size is that of the changes that are kept.
 */
export class ConsoleStreams {
  readonly #options: ConsoleStreamsOptions;
  readonly #readers = new Set<Reader>();
  readonly #byAddress = new Map<string, number>();
  #cancelBeat: () => void = () => undefined;
  #isClosed = false;

  constructor(options: ConsoleStreamsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#readers.size;
  }

  /** Returns false, and does nothing, if the request is for something else. */
  handle(request: WaitRequest, response: StreamResponse, seat: Seat): boolean {
    const { source } = this.#options;
    if (request.method !== "GET" || this.#isClosed || !source.isOn()) return false;
    const { path, query } = requestTarget(request);
    if (path !== LIVE_PATH && path !== CHANGES_PATH) return false;
    const address = request.socket.remoteAddress ?? "";
    if (!this.#hasRoom(address) || !seat.take()) return refuse(response);
    const isHttp1 = request.httpVersionMajor === 1;
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, isHttp1 ? { ...EVENTS_HEADERS, connection: "close" } : EVENTS_HEADERS);
    const wantsFigures = path === LIVE_PATH;
    const last = placeOf(request.headers["last-event-id"] ?? new URLSearchParams(query).get("since")) ?? source.recent;
    const reader: Reader = { response, wantsFigures, last, cancelStall: undefined };
    this.#add(reader, address, seat);
    const { text, last: newest } = source.changesSince(last);
    reader.last = newest;
    this.#write(reader, Buffer.from((wantsFigures ? source.beginning() : ":\n\n") + text));
    return true;
  }

  /** Sends the same figures to all who want them, and take them. @param event as text */
  figures(event: string): void {
    const octets = Buffer.from(event);
    for (const reader of this.#readers) if (reader.wantsFigures && !reader.cancelStall) this.#write(reader, octets);
  }

  /** Call this when there are new changes. */
  changed(): void {
    const texts = new Map<number, { readonly octets: Buffer; readonly last: number }>();
    for (const reader of this.#readers) {
      if (reader.cancelStall) continue;
      const known = texts.get(reader.last);
      const { octets, last } = known ?? this.#since(reader.last);
      texts.set(reader.last, { octets, last });
      reader.last = last;
      if (octets.length > 0) this.#write(reader, octets);
    }
  }

  /** Ends all streams. From now on there are none. */
  close(): void {
    this.#isClosed = true;
    this.end();
  }

  /** Ends all streams there are. */
  end(): void {
    for (const { response } of this.#readers) response.end();
  }

  #since(id: number) {
    const { text, last } = this.#options.source.changesSince(id);
    return { octets: Buffer.from(text), last };
  }

  #hasRoom(address: string): boolean {
    if (this.#readers.size >= MAX_STREAMS) return false;
    return (this.#byAddress.get(address) ?? 0) < MAX_PER_ADDRESS || this.#options.isShared(address);
  }

  #add(reader: Reader, address: string, seat: Seat): void {
    const isFirst = this.#readers.size === 0;
    this.#readers.add(reader);
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    reader.response.once("close", () => {
      this.#readers.delete(reader);
      const left = (this.#byAddress.get(address) ?? 1) - 1;
      if (left > 0) this.#byAddress.set(address, left);
      else this.#byAddress.delete(address);
      reader.cancelStall?.();
      seat.leave();
      if (this.#readers.size > 0) return;
      this.#cancelBeat();
      this.#options.source.watched(false);
    });
    if (!isFirst) return;
    this.#options.source.watched(true);
    this.#beat();
  }

  #write(reader: Reader, octets: Buffer): void {
    const { response } = reader;
    // One that has been ended is there until its connection is closed.
    if (response.destroyed || response.writableEnded) return;
    if (response.write(octets) || !response.writableNeedDrain) return;
    reader.cancelStall = this.#options.timers.after(STALLED_MS, () => response.destroy());
    response.once("drain", () => {
      reader.cancelStall?.();
      reader.cancelStall = undefined;
      this.changed();
    });
  }

  #beat(): void {
    this.#cancelBeat = this.#options.timers.after(HEARTBEAT_MS, () => {
      for (const reader of this.#readers) {
        if (!reader.wantsFigures && !reader.cancelStall) this.#write(reader, HEARTBEAT);
      }
      this.#beat();
    });
  }
}

/** The number of the change that a reader has read last; `undefined` if it says none. */
function placeOf(text: string | string[] | null): number | undefined {
  return typeof text === "string" && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

function refuse(response: StreamResponse): true {
  response.writeHead(503, { "content-type": "application/json", "retry-after": "5" });
  response.end('{"error":"as many streams are read as there may be"}');
  return true;
}
