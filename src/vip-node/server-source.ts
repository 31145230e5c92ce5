import { type Backoff, pauseAfter } from "../base/backoff.js";
import { causeOf } from "../base/errors.js";
import { pause, type Timers } from "../base/timers.js";
import { EventStreamReader, type StreamEvent } from "../sources/http/event-stream.js";
import { readEntry, type Table, type TableEntry } from "./table.js";
import type { TableListener, TableSource } from "./table-source.js";

const PATH = "/v1/vips/events";
/** A server says something every 15 s. After so many milliseconds without anything it is taken to be gone. */
const SILENCE_MS = 40_000;
/** Milliseconds until a server has told what there is, however it goes about it. */
const FIRST_MS = 40_000;
/** One that has told for so many milliseconds has worked. A shorter stream may be what something between makes of each. */
const WORKED_MS = 5_000;
/** Milliseconds until a server has begun to answer. */
const CONNECT_MS = 5_000;
/** Characters of an event: more than the table of the largest cluster has. */
const MAX_EVENT = 64 * 1024 * 1024;
const PAUSES: Backoff = { firstMs: 250, lastMs: 15_000 };
/** Entries that cannot be read and are named in one message. */
const MAX_NAMED = 3;

/** A response as it comes. */
export interface EventResponse {
  readonly status: number;
  /** The beginning of a body that is no stream. */
  readonly reason: () => Promise<string>;
  readonly pieces: AsyncIterable<string>;
}

/** Asks for the stream. Rejects if nobody answers; aborting the signal ends it at any time. */
export type OpenEvents = (
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<EventResponse>;

export interface ServerSourceParts extends TableListener {
  /** Origins, in the order in which they are asked. At least one. */
  readonly servers: readonly string[];
  readonly open: OpenEvents;
  readonly timers: Timers;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** Tells of entries that cannot be read. */
  readonly onBadEntries: (text: string) => void;
}

/** Follows the table at one of some servers: the first one that answers, and the next one as soon as it does not. */
export class ServerSource implements TableSource {
  readonly #parts: ServerSourceParts;
  readonly #table = new Map<string, TableEntry>();
  #tag = "";
  #end = new AbortController();
  #following: Promise<void> = Promise.resolve();

  constructor(parts: ServerSourceParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#following = this.#follow();
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    const { servers, timers, random, onTrouble } = this.#parts;
    let failures = 0;
    for (let at = 0; !this.#end.signal.aborted; at = (at + 1) % servers.length) {
      const since = timers.now();
      const hasFollowed = { news: false };
      const reason = await this.#read(servers[at], hasFollowed).catch(causeOf);
      if (this.#end.signal.aborted) return;
      if (hasFollowed.news && timers.now() - since >= WORKED_MS) failures = 0;
      onTrouble(`${servers[at]}: ${reason}`);
      failures++;
      // Each of them is asked once without a pause.
      const ms = failures < servers.length ? 0 : pauseAfter(failures - servers.length, PAUSES, random);
      await pause(timers, ms, this.#end.signal);
    }
  }

  /** Follows one server until it ends. @returns why it did */
  async #read(server: string, hasFollowed: { news: boolean }): Promise<string> {
    const { open, timers, onCurrent } = this.#parts;
    const silence = new AbortController();
    let cancel = timers.after(CONNECT_MS, () => silence.abort(new Error("no answer within 5 s")));
    // What keeps a connection alive is no table: the next server may have one.
    const cancelFirst = timers.after(FIRST_MS, () => silence.abort(new Error("no table within 40 s")));
    try {
      const signal = AbortSignal.any([this.#end.signal, silence.signal]);
      const known = this.#tag === "" ? {} : { "last-event-id": this.#tag };
      const response = await open(`${server}${PATH}`, { accept: "text/event-stream", ...known }, signal);
      if (response.status !== 200) return `status ${response.status}: ${await response.reason()}`;
      const reader = new EventStreamReader(MAX_EVENT);
      for await (const piece of response.pieces) {
        cancel();
        cancel = timers.after(SILENCE_MS, () => silence.abort(new Error("nothing for 40 s")));
        for (const event of reader.add(piece)) {
          this.#take(event, server);
          if (!hasFollowed.news) onCurrent(server);
          cancelFirst();
          hasFollowed.news = true;
        }
      }
      return "it has ended the stream";
    } finally {
      cancel();
      cancelFirst();
    }
  }

  #take({ event, id, data }: StreamEvent, server: string): void {
    const { services, gone, at } = readTold(data);
    const read = Object.entries(services).map(([key, value]) => [key, readEntry(value)] as const);
    const isNew = read.length + gone.length > 0 || event === "all";
    if (event === "all") this.#table.clear();
    for (const [key, entry] of read) if (entry) this.#table.set(key, entry);
    for (const key of gone) this.#table.delete(key);
    this.#tag = id;
    const bad = read.flatMap(([key, entry]) => (entry ? [] : [key]));
    if (bad.length > 0) {
      const named = bad.slice(0, MAX_NAMED).join(", ");
      this.#parts.onBadEntries(`${server} tells of ${bad.length} virtual addresses that cannot be read: ${named}`);
    }
    if (isNew) this.#parts.onNews({ table: new Map(this.#table) satisfies Table, at, from: server });
  }
}

interface Told {
  readonly services: Readonly<Record<string, unknown>>;
  readonly gone: readonly string[];
  readonly at: number | undefined;
}

/** The data of an event. Throws if that is not what a server tells: nothing of it is taken then. */
function readTold(data: string): Told {
  const { services, gone, at }: Partial<Record<string, unknown>> = JSON.parse(data) ?? {};
  const isTold = typeof services === "object" && services !== null && Array.isArray(gone);
  if (!isTold || !gone.every((key) => typeof key === "string")) throw new Error("an event without services");
  return { services: { ...services }, gone, at: typeof at === "number" ? at : undefined };
}
