import { Catalog } from "../../../../src/catalog/catalog.js";
import { piecesOf } from "../../../../src/catalog/pieces.js";
import { CatalogBoard } from "../../../../src/http/catalog/board.js";
import type { Json } from "../../../support/json.js";
import { clusterOf, FULL } from "../../catalog/support.js";

/** A board that follows a catalogue, as the two threads do. */
export class Followed {
  now = 1_700_000_000_000;
  readonly board = new CatalogBoard(true);
  readonly catalog = new Catalog(() => this.now);
  #isFirst = true;

  constructor(state: Json | undefined = FULL) {
    if (state) this.update(state);
  }

  update(state: Json): void {
    const change = this.catalog.update(clusterOf(state), (host) => [host]);
    const sent = this.#isFirst ? this.catalog.everything() : change;
    if (!sent) return;
    const { index, servicesIndex, nodesIndex, counts } = this.catalog;
    for (const piece of piecesOf(sent, { index, servicesIndex, nodesIndex, counts }, this.#isFirst)) {
      this.board.take(structuredClone(piece));
    }
    this.#isFirst = false;
  }
}

export const WEB_KEY = { framework: "marathon", name: "web" };
export const API_KEY = { framework: "marathon", name: "api" };
