import type { IPv6Address } from "../base/addresses.js";
import { type ColumnMemory, grown, IPV6_OCTETS } from "./columns.js";

const FIRST_CAPACITY = 64;

/** Numbers the IPv6 addresses of a zone, and keeps their octets in shared memory. */
export class AddressNumbers {
  /** By number. */
  octets: Uint8Array;
  /** By their text. */
  readonly #numbers = new Map<string, number>();
  readonly #memory: ColumnMemory;

  constructor(memory: ColumnMemory) {
    this.#memory = memory;
    this.octets = memory.octets(FIRST_CAPACITY * IPV6_OCTETS);
  }

  get count(): number {
    return this.#numbers.size;
  }

  clear(): void {
    this.#numbers.clear();
  }

  numberOf(address: IPv6Address): number {
    const known = this.#numbers.get(address.text);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    const at = number * IPV6_OCTETS;
    if (at === this.octets.length) this.octets = grown(this.octets, this.#memory.octets(at * 2));
    this.octets.set(address.octets, at);
    this.#numbers.set(address.text, number);
    return number;
  }
}
