import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { Service } from "./model.js";
import type { DataPlane } from "./plane.js";
import { Reconciler } from "./reconciler.js";
import type { NodeReport } from "./report.js";
import { desiredServices, KnownServices, type NodeTraits, withoutDrained } from "./table.js";
import type { TableListener, TableNews, TableSource } from "./table-source.js";

export interface VipNodeParts {
  readonly plane: DataPlane;
  readonly source: (listener: TableListener) => TableSource;
  readonly timers: Timers;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly log: Pick<Logger, "info" | "warn" | "debug">;
  readonly traits: () => NodeTraits;
  readonly lingerMs: number;
  readonly drainMs: number;
  /** Changes what is wanted by what only this node knows, and calls back when that has changed. */
  readonly adjust?: Adjustment | undefined;
}

/** What a node knows of targets by itself. */
export interface Adjustment {
  start(onChange: () => void): void;
  apply(services: readonly Service[]): readonly Service[];
  stop(): void;
}

const HELD =
  "the new table is empty, which is not believed: what there is stays; if all virtual addresses are really gone, stop this, `mesos-dns vips clear`, and start it again";

/** A node that carries the connections of virtual addresses: it follows the table, and keeps its data plane the same. */
export class VipNode {
  readonly #parts: VipNodeParts;
  readonly #reconciler: Reconciler;
  readonly #source: TableSource;
  readonly #known = new KnownServices();
  #news: TableNews | undefined;
  #from: string | undefined;
  #currentAt: number | undefined;
  #trouble: string | undefined;
  #held: string | undefined;

  constructor(parts: VipNodeParts) {
    this.#parts = parts;
    const { plane, timers, log, lingerMs, drainMs } = parts;
    this.#reconciler = new Reconciler({ plane, timers, log, lingerMs, drainMs });
    this.#source = parts.source({
      onNews: (news) => this.#take(news),
      onCurrent: (from) => this.#noteCurrent(from),
      onTrouble: (reason) => this.#noteTrouble(reason),
    });
  }

  get report(): NodeReport {
    const isCurrent = this.#from !== undefined && this.#trouble === undefined;
    return {
      planeName: this.#parts.plane.name,
      source: {
        from: this.#from,
        currentAt: isCurrent ? this.#parts.wallClock() : this.#currentAt,
        trouble: this.#trouble,
        held: this.#held,
      },
      plane: this.#reconciler.report,
    };
  }

  /** Rejects if the plane cannot be used at all. */
  async start(): Promise<void> {
    await this.#parts.plane.start();
    this.#reconciler.start();
    this.#parts.adjust?.start(() => this.#want(undefined));
    this.#source.start();
  }

  /** What is carried stays, and goes on working. */
  async stop(): Promise<void> {
    this.#parts.adjust?.stop();
    await this.#source.stop();
    await this.#reconciler.stop();
    await this.#parts.plane.stop();
  }

  #take(news: TableNews): void {
    const { log } = this.#parts;
    this.#noteCurrent(news.from);
    if (news.table.size === 0 && (this.#news?.table.size ?? 0) > 0) {
      if (this.#held === undefined) log.warn({ from: news.from }, HELD);
      this.#held = HELD;
      return;
    }
    if (this.#held !== undefined) log.info({ from: news.from }, "the table is not empty any more, and counts again");
    this.#held = undefined;
    // How old the changes are that were made before this program began says nothing of it.
    const at = this.#news ? news.at : undefined;
    this.#news = news;
    this.#want(at);
  }

  /** @param at when the change came to the server, in milliseconds since the epoch */
  #want(at: number | undefined): void {
    const { plane, timers, wallClock, traits, adjust } = this.#parts;
    if (!this.#news) return;
    const services = desiredServices(this.#news.table, traits(), this.#known);
    const since = at === undefined ? undefined : timers.now() - Math.max(0, wallClock() - at);
    // At the start, an empty table says nothing of what stands already.
    const isComplete = services.length > 0;
    const adjusted = adjust?.apply(services) ?? services;
    this.#reconciler.want({ services: plane.keepsDrained ? adjusted : withoutDrained(adjusted), isComplete, since });
  }

  #noteCurrent(from: string): void {
    if (this.#trouble !== undefined) this.#parts.log.info({ from }, "following the table again");
    this.#trouble = undefined;
    this.#from = from;
    this.#currentAt = this.#parts.wallClock();
  }

  #noteTrouble(reason: string): void {
    if (this.#trouble === undefined && this.#from !== undefined) this.#currentAt = this.#parts.wallClock();
    if (this.#trouble !== reason)
      this.#parts.log.warn({ reason }, "the table is not followed: the last one stays in service");
    this.#trouble = reason;
  }
}
