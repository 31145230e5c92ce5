import { isNewer } from "../../zone/serial.js";

/** Most versions of a zone that are remembered. */
const MAX = 4_096;

/** When the last versions of a zone were published. */
export class Publications {
  readonly #versions: { readonly serial: number; readonly at: number }[] = [];

  /** @param at milliseconds from any fixed point */
  add(serial: number, at: number): void {
    this.#versions.push({ serial, at });
    if (this.#versions.length > MAX) this.#versions.shift();
  }

  /** The newest version's serial; `undefined` before the first. */
  get newest(): number | undefined {
    return this.#versions.at(-1)?.serial;
  }

  /** When the first version was published that is newer than this one; `undefined` if none is. */
  firstAfter(serial: number): number | undefined {
    // Nearly always the secondary has one of the last versions.
    let found: number | undefined;
    for (let i = this.#versions.length - 1; i >= 0 && isNewer(this.#versions[i].serial, serial); i--) {
      found = this.#versions[i].at;
    }
    return found;
  }
}
