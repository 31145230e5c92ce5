import { systemTimers } from "../base/timers.js";
import { keepsCatalog } from "../config/catalog.js";
import type { Config } from "../config/config.js";
import { CatalogBoard } from "../http/catalog/board.js";
import { VipBoard } from "../http/vips/board.js";
import type { FromBuilder } from "../threads/messages.js";
import { ConsulInbox } from "./consul-inbox.js";

type News = Extract<FromBuilder, { kind: "catalog" | "vips" | "consul" }>;

/** What the builder has said of services, for those who ask over HTTP and wait for changes. */
export class Boards {
  /** The catalogue of services; its state is `off` if none is kept. */
  readonly catalog: CatalogBoard;
  /** The virtual addresses; its state is `off` if they are not served. */
  readonly vips: VipBoard;
  /** Consul's catalogue, whose board is loaded when it is served. */
  readonly consul: ConsulInbox;

  /** @param onConsulTaken called when the next piece of Consul's catalogue may come */
  constructor(config: Config, onConsulTaken: () => void) {
    this.catalog = new CatalogBoard(keepsCatalog(config));
    this.vips = new VipBoard(config.vips.names, systemTimers, Date.now);
    this.consul = new ConsulInbox(config.consul.enabled, onConsulTaken);
  }

  /** The indexes that have been used so far. */
  get indexes(): { readonly catalogIndex: number; readonly consulIndex: number } {
    return { catalogIndex: this.catalog.index, consulIndex: this.consul.index };
  }

  configure(config: Config): void {
    this.catalog.configure(keepsCatalog(config));
    this.vips.configure(config.vips.names);
    this.consul.configure(config.consul.enabled);
  }

  take(news: News): void {
    if (news.kind === "catalog") this.catalog.take(news.piece);
    else if (news.kind === "vips") this.vips.take(news.piece);
    else this.consul.take(news.piece);
  }
}
