import type { Timers } from "../../base/timers.js";
import type { VipPiece } from "../../vips/piece.js";
import type { VipCounts } from "../../vips/table.js";
import { Rendering } from "../waiting/renderings.js";
import type { BoardState, WaitBoard } from "../waiting/waiters.js";
import { Pacer } from "./pacer.js";
import { ServiceChanges } from "./service-changes.js";
import { TableDigest } from "./table-digest.js";

/** Milliseconds between two versions, of which readers of a stream are told each. */
const VERSION_MS = 100;
/** Milliseconds between two lists: whoever waits for one asks again at once. */
const LIST_MS = 200;

/** There is one list. */
export const VIPS = "vips";
export type VipTopic = typeof VIPS;

/** The list of virtual addresses, and what identifies it. */
export interface VipList {
  readonly rendering: Rendering;
  readonly etag: string;
}

/** The virtual addresses on the main thread, as the builder sends them. */
export class VipBoard implements WaitBoard<VipTopic> {
  #isKept: boolean;
  #services: Map<string, string> | undefined;
  #version = 0;
  #changes = new ServiceChanges(0);
  #digest = new TableDigest();
  #list: VipList | undefined;
  #events = new Map<number, Buffer>();
  #counts: VipCounts | undefined;
  readonly #listeners = new Set<(touched: ReadonlySet<string> | "all") => void>();
  readonly #followers = new Set<() => void>();
  readonly #wallClock: () => number;
  /** When the first change came that is not in a version yet, and that of the newest version. */
  #nextAt: number | undefined;
  #at = 0;
  readonly #versions: Pacer;
  readonly #lists: Pacer;

  /** @param wallClock milliseconds since the epoch */
  constructor(isKept: boolean, timers: Timers, wallClock: () => number) {
    this.#isKept = isKept;
    this.#wallClock = wallClock;
    this.#versions = new Pacer(timers, VERSION_MS, () => this.#publish());
    this.#lists = new Pacer(timers, LIST_MS, () => {
      for (const listener of this.#listeners) listener("all");
    });
  }

  get state(): BoardState {
    if (!this.#isKept) return "off";
    return this.#services ? "ready" : "empty";
  }

  /** `undefined` before the first table. */
  get counts(): VipCounts | undefined {
    return this.#counts;
  }

  /** Call this when the configuration turns virtual addresses on or off. */
  configure(isKept: boolean): void {
    if (isKept === this.#isKept) return;
    this.#isKept = isKept;
    this.#services = undefined;
    this.#counts = undefined;
    this.#versions.actNow();
    this.#lists.actNow();
  }

  keyOf(): string {
    return VIPS;
  }

  /** The version of the list in this process. */
  indexOf(): number {
    return this.#version;
  }

  listen(listener: (touched: ReadonlySet<string> | "all") => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param follower called for each version, more often than listeners are */
  follow(follower: () => void): void {
    this.#followers.add(follower);
  }

  take({ isFirst, services, gone, counts }: VipPiece): void {
    if (!this.#isKept || (!isFirst && !this.#services)) return;
    const next = this.#version + 1;
    this.#nextAt ??= this.#wallClock();
    if (isFirst) this.#begin(next);
    for (const [key, text] of services) {
      this.#set(key, text);
      this.#changes.change(key, next);
    }
    for (const key of gone) {
      this.#set(key, undefined);
      this.#changes.remove(key, next);
    }
    this.#counts = counts;
    this.#versions.note();
  }

  #begin(version: number): void {
    this.#services = new Map();
    this.#changes = new ServiceChanges(version);
    this.#digest = new TableDigest();
  }

  #set(key: string, text: string | undefined): void {
    const before = this.#services?.get(key);
    if (before !== undefined) this.#digest.remove(before);
    if (text === undefined) this.#services?.delete(key);
    else {
      this.#digest.add(text);
      this.#services?.set(key, text);
    }
  }

  /** Equal for equal lists, on whichever server. */
  get etag(): string {
    return `"${this.#digest.text}"`;
  }

  /** The list as it is now, made once for each version. */
  get list(): VipList {
    this.#list ??= this.#render();
    return this.#list;
  }

  /**
   * What a reader of the stream has to be told: an event of `text/event-stream` whose id is the tag of the list. All that know the same
   * version share its octets.
   *
   * @param known the version that the reader knows; -1 for none
   */
  eventSince(known: number): Buffer {
    const made = this.#events.get(known) ?? this.#eventSince(known);
    this.#events.set(known, made);
    return made;
  }

  #eventSince(known: number): Buffer {
    const since = known < 0 ? undefined : this.#changes.since(known);
    const services = this.#services ?? new Map<string, string>();
    const told = since?.changed ?? [...services.keys()].sort();
    const texts = told.map((key) => `${JSON.stringify(key)}:${services.get(key)}`);
    const gone = JSON.stringify(since?.gone ?? []);
    const data = `{"services":{${texts.join(",")}},"gone":${gone},"at":${this.#at}}`;
    return Buffer.from(`event: ${since ? "changes" : "all"}\nid: ${this.etag}\ndata: ${data}\n\n`);
  }

  #render(): VipList {
    const sorted = [...(this.#services ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    const body = Buffer.from(`[${sorted.map(([, text]) => text).join(",\n")}]\n`);
    return { rendering: new Rendering(this.#version, body), etag: this.etag };
  }

  #publish(): void {
    this.#version++;
    this.#at = this.#nextAt ?? this.#wallClock();
    this.#nextAt = undefined;
    this.#list = undefined;
    this.#events = new Map();
    for (const follower of this.#followers) follower();
    this.#lists.note();
  }
}
