import { systemTimers } from "../base/timers.js";
import { keepsCatalog } from "../config/catalog.js";
import type { Config } from "../config/config.js";
import { CatalogBoard } from "../http/catalog/board.js";
import { VipBoard } from "../http/vips/board.js";

/** What the builder has said of services, for those who ask over HTTP and wait for changes. */
export class Boards {
  /** The catalogue of services; its state is `off` if none is kept. */
  readonly catalog: CatalogBoard;
  /** The virtual addresses; its state is `off` if they are not served. */
  readonly vips: VipBoard;

  constructor(config: Config) {
    this.catalog = new CatalogBoard(keepsCatalog(config));
    this.vips = new VipBoard(config.vips.names, systemTimers, Date.now);
  }

  configure(config: Config): void {
    this.catalog.configure(keepsCatalog(config));
    this.vips.configure(config.vips.names);
  }
}
