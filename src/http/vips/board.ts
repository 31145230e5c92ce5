import { createHash } from "node:crypto";
import type { Timers } from "../../base/timers.js";
import type { VipPiece } from "../../vips/piece.js";
import type { VipCounts } from "../../vips/table.js";
import { Rendering } from "../waiting/renderings.js";
import type { BoardState, WaitBoard } from "../waiting/waiters.js";

/** Milliseconds between two lists: every node of a cluster asks again at once. */
const INTERVAL_MS = 200;

/** There is one list. */
export const VIPS = "vips";
export type VipTopic = typeof VIPS;

/** The list of virtual addresses, and what identifies it. */
export interface VipList {
  readonly rendering: Rendering;
  /** Equal lists have equal tags, on whichever server. */
  readonly etag: string;
}

/** The virtual addresses on the main thread, as the builder sends them. */
export class VipBoard implements WaitBoard<VipTopic> {
  #isKept: boolean;
  #services: Map<string, string> | undefined;
  #version = 0;
  #list: VipList | undefined;
  #counts: VipCounts | undefined;
  readonly #listeners = new Set<(touched: ReadonlySet<string> | "all") => void>();
  readonly #timers: Timers;
  #changedAt = Number.NEGATIVE_INFINITY;
  #isDue = false;

  constructor(isKept: boolean, timers: Timers) {
    this.#isKept = isKept;
    this.#timers = timers;
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
    this.#publish();
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

  take({ isFirst, services, gone, counts }: VipPiece): void {
    if (!this.#isKept || (!isFirst && !this.#services)) return;
    const known = isFirst ? new Map<string, string>() : (this.#services ?? new Map<string, string>());
    for (const [key, text] of services) known.set(key, text);
    for (const key of gone) known.delete(key);
    this.#services = known;
    this.#counts = counts;
    this.#change();
  }

  /** The list as it is now, made once for each version. */
  get list(): VipList {
    this.#list ??= this.#render();
    return this.#list;
  }

  #render(): VipList {
    const sorted = [...(this.#services ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    const body = Buffer.from(`[${sorted.map(([, text]) => text).join(",\n")}]\n`);
    const digest = createHash("sha256").update(body).digest("base64url");
    return { rendering: new Rendering(this.#version, body), etag: `"${digest}"` };
  }

  /** A change that comes soon after another one is told with those that follow. */
  #change(): void {
    if (this.#isDue) return;
    const wait = this.#changedAt + INTERVAL_MS - this.#timers.now();
    if (wait <= 0) {
      this.#publish();
      return;
    }
    this.#isDue = true;
    this.#timers.after(wait, () => {
      this.#isDue = false;
      this.#publish();
    });
  }

  #publish(): void {
    this.#changedAt = this.#timers.now();
    this.#version++;
    this.#list = undefined;
    for (const listener of this.#listeners) listener("all");
  }
}
