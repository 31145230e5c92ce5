import { MOST_PICKED, PICK, PICK_MASK, PREPARED } from "../wire/prepared.js";
import { rdataAt, rdlengthOf, ttlOf, weightOf, weightsOf } from "../zone/prepared-sets.js";

/** Picks records of a prepared RRset for an answer, in the way that the set says. Allocates nothing. */
export class PreparedPicks {
  /** How many records an answer has. */
  total = 0;
  ttl = 0;
  readonly #random: () => number;
  #words: Uint32Array = new Uint32Array(0);
  #data = 0;
  #count = 0;
  #way = 0;
  /** The first record, where all are given in their order; the one, where it is one. */
  #first = 0;
  readonly #some = new Uint16Array(MOST_PICKED);

  /** @param random returns unsigned 32-bit integers */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** @param rrset word of the set's descriptor. @param ttl that of the zone */
  select(words: Uint32Array, entry: number, rrset: number, ttl: number): void {
    const data = entry + words[rrset + 2];
    const count = words[rrset + 1];
    this.#words = words;
    this.#data = data;
    this.#count = count;
    this.ttl = ttlOf(words, entry, rrset, ttl);
    this.#way = words[data + PREPARED.PICK] & PICK_MASK;
    this.#first = 0;
    this.total = count;
    if (this.#way === PICK.ONE) this.#pickOne();
    else if (this.#way === PICK.SOME) this.#pickSome();
    else if (count > 1) this.#first = this.#random() % count;
  }

  /** The number in the set of the answer's record `n`. */
  at(n: number): number {
    if (this.#way === PICK.SOME) return this.#some[n];
    const i = this.#first + n;
    return i < this.#count ? i : i - this.#count;
  }

  rdataAt(record: number): number {
    return rdataAt(this.#words, this.#data, record);
  }

  rdlength(record: number): number {
    return rdlengthOf(this.#words, this.#data, record);
  }

  #pickOne(): void {
    this.total = 1;
    if (this.#count === 1) return;
    let left = this.#random() % weightsOf(this.#words, this.#data);
    let i = 0;
    for (; i < this.#count - 1; i++) {
      left -= weightOf(this.#words, this.#data, i);
      if (left < 0) break;
    }
    this.#first = i;
  }

  /** Every choice and every order of so many records is equally likely: Floyd's algorithm, which inserts at a random place. */
  #pickSome(): void {
    const size = Math.min(MOST_PICKED, this.#count);
    const some = this.#some;
    this.total = size;
    for (let n = 0; n < size; n++) {
      const last = this.#count - size + n;
      const drawn = this.#random() % (last + 1);
      let isNew = true;
      for (let i = 0; i < n; i++) if (some[i] === drawn) isNew = false;
      const place = this.#random() % (n + 1);
      some[n] = some[place];
      some[place] = isNew ? drawn : last;
    }
  }
}
