import type { Logger } from "../base/log.js";
import { type AddressesOf, Catalog } from "../catalog/catalog.js";
import { hasFacts } from "../catalog/has-facts.js";
import { PacedPieces } from "../catalog/paced-pieces.js";
import { type CatalogPiece, piecesOf } from "../catalog/pieces.js";
import type { Cluster } from "../sources/mesos/cluster.js";
import { UnsentChanges } from "./unsent-changes.js";

export interface CatalogPublisherOptions {
  /** Sends a piece. Not called again before taken() has been called. */
  readonly send: (piece: CatalogPiece) => void;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Indexes up to this one have been used before. */
  readonly above: number;
  readonly log: Pick<Logger, "warn">;
}

/**
 * Keeps the catalogue in the builder thread, and sends the text of changes to the main thread, piece by piece. It sends a piece only
 * after the one before has been taken, so that neither thread is blocked for long. Changes meanwhile are combined into one.
 */
export class CatalogPublisher {
  readonly #options: CatalogPublisherOptions;
  #isKept = false;
  #above: number;
  #catalog: Catalog | undefined;
  #unsent = new UnsentChanges();
  readonly #pieces: PacedPieces<CatalogPiece>;

  constructor(options: CatalogPublisherOptions) {
    this.#options = options;
    this.#above = options.above;
    this.#pieces = new PacedPieces({ send: options.send, begin: () => this.#begin() });
  }

  configure(isKept: boolean): void {
    if (isKept === this.#isKept) return;
    this.#isKept = isKept;
    this.#above = this.#catalog?.index ?? this.#above;
    this.#catalog = undefined;
    this.#unsent = new UnsentChanges();
    this.#pieces.forget();
  }

  /** Updates the catalogue to this cluster. @param fetched whether a state has been fetched for it */
  follow(cluster: Cluster, fetched: boolean, addressesOf: AddressesOf): void {
    if (!this.#isKept) return;
    const known = this.#catalog;
    if (!known && !(fetched && hasFacts(cluster))) return;
    const catalog = known ?? new Catalog(this.#options.wallClock, this.#above);
    this.#catalog = catalog;
    const change = catalog.update(cluster, addressesOf);
    this.#tell(catalog);
    if (!known) this.#unsent.add(catalog.everything(), true);
    else if (change) this.#unsent.add(change, false);
    this.#pieces.send();
  }

  /** Call this when the main thread has taken the last piece. */
  taken(): void {
    this.#pieces.taken();
  }

  #begin(): Generator<CatalogPiece> | undefined {
    const catalog = this.#catalog;
    const unsent = this.#unsent.take();
    if (!catalog || !unsent) return undefined;
    const { index, servicesIndex, nodesIndex, counts } = catalog;
    return piecesOf(unsent.change, { index, servicesIndex, nodesIndex, counts }, unsent.isFirst);
  }

  #tell(catalog: Catalog): void {
    for (const { framework, name, dropped } of catalog.takeOverLimit()) {
      const what = { framework, service: name.slice(0, MAX_SHOWN), dropped };
      if (dropped > 0)
        this.#options.log.warn(what, "left out of the catalogue: labels, ports or addresses of a service");
      else this.#options.log.warn(what, "left out of the catalogue: a task whose name or id is too long");
    }
  }
}

/** At most this many characters of a name are logged. */
const MAX_SHOWN = 100;
