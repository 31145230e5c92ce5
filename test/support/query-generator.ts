import type { Random } from "../../src/base/random.js";
import type { Asked } from "./ask-many.js";

/** Random questions about a zone: names that are in it, names that nearly are, and whatever a client may set. */

export interface GeneratedQuery extends Asked {
  /** The question in lower case, as octets: its labels without the root. */
  readonly labels: readonly Buffer[];
  readonly type: number;
  readonly class: number;
  readonly edns: Edns | undefined;
}

export interface Edns {
  readonly payload: number;
  readonly version: number;
  readonly dnssecOk: boolean;
}

/** Types of the zone, of other zones, of queries only, and of nothing at all. */
const TYPES = [
  1, 28, 33, 2, 6, 12, 16, 5, 15, 39, 43, 46, 47, 48, 50, 13, 35, 65, 255, 255, 255, 251, 252, 41, 0, 249, 250, 253,
  254, 128, 99, 256, 257, 65280,
];
const ZONE_TYPES = [1, 1, 28, 33, 33];
const CLASSES = [3, 4, 254, 255, 0, 2, 65280];
const PAYLOADS = [0, 1, 256, 512, 513, 600, 900, 1231, 1232, 1233, 1400, 4096, 65_535];
const OPTIONS = [
  { code: 65_001, data: Buffer.from("unknown") },
  { code: 3, data: Buffer.alloc(0) },
  { code: 8, data: Buffer.from([0, 1, 24, 0, 192, 0, 2]) },
];
const OPT = 41;
const MAX_NAME = 255;

/**
 * Makes queries about the names of a zone, given as labels once for each record, so that large sets are asked for often.
 * The same random numbers make the same queries.
 */
export class QueryGenerator {
  readonly #random: Random;
  readonly #names: readonly (readonly Buffer[])[];
  readonly #apex: readonly Buffer[];

  constructor(random: Random, apex: readonly Buffer[], names: readonly (readonly Buffer[])[]) {
    this.#random = random;
    this.#apex = apex;
    this.#names = names;
  }

  next(): GeneratedQuery {
    const labels = this.#name();
    const type = this.#type();
    const klass = this.#chance(0.06) ? this.#one(CLASSES) : 1;
    const edns = this.#chance(0.6) ? this.#edns() : undefined;
    const spelled = this.#chance(0.3) ? labels.map((label) => this.#otherCase(label)) : labels;
    const question = Buffer.concat([wire(spelled), uint16(type), uint16(klass)]);
    const opt = edns ? this.#opt(edns) : Buffer.alloc(0);
    const message = Buffer.concat([this.#header(edns ? 1 : 0), question, opt]);
    return { message, stream: this.#chance(0.1), labels, type, class: klass, edns };
  }

  #name(): Buffer[] {
    const name = [...this.#one(this.#names)];
    const turn = this.#below(100);
    if (turn < 45) return name;
    if (turn < 60) return name.slice(1 + this.#below(name.length));
    if (turn < 72) return this.#fitting([...this.#labels(), ...name]);
    if (turn < 82) return this.#replaced(name);
    if (turn < 90) return this.#misspelled(name);
    if (turn < 94) return this.#fitting([...this.#labels(), ...this.#apex]);
    if (turn < 97) return this.#fitting([...name, ...this.#labels()]);
    return this.#fitting([...name.slice(0, -1), Buffer.from("mesosx")]);
  }

  /** One label changed for another that the zone has somewhere, or for none it has. */
  #replaced(name: readonly Buffer[]): Buffer[] {
    const at = this.#below(name.length);
    const other = this.#chance(0.5) ? this.#one(this.#one(this.#names)) : this.#labels()[0];
    return this.#fitting([...name.slice(0, at), other, ...name.slice(at + 1)]);
  }

  /** One octet of the name is another. */
  #misspelled(name: readonly Buffer[]): Buffer[] {
    const at = this.#below(name.length);
    const label = Buffer.from(name[at]);
    label[this.#below(label.length)] = this.#chance(0.5) ? 0x61 + this.#below(26) : this.#below(256);
    return [...name.slice(0, at), label, ...name.slice(at + 1)].map(lowerCase);
  }

  #labels(): Buffer[] {
    const octets = () => Buffer.from(Array.from({ length: 1 + this.#below(6) }, () => this.#below(256)));
    const long = () => Buffer.alloc(63, "x");
    const kinds = [() => Buffer.from("_tcp"), () => Buffer.from("*"), () => Buffer.from("web"), octets, long];
    return Array.from({ length: this.#chance(0.8) ? 1 : 3 }, () => lowerCase(this.#one(kinds)()));
  }

  #fitting(labels: readonly Buffer[]): Buffer[] {
    const fitting = [...labels];
    while (wire(fitting).length > MAX_NAME) fitting.shift();
    return fitting;
  }

  #type(): number {
    if (this.#chance(0.5)) return this.#one(ZONE_TYPES);
    return this.#chance(0.9) ? this.#one(TYPES) : this.#below(0x1_0000);
  }

  #edns(): Edns {
    const payload = this.#chance(0.8) ? this.#one(PAYLOADS) : this.#below(4096);
    return { payload, version: this.#chance(0.08) ? 1 + this.#below(255) : 0, dnssecOk: this.#chance(0.3) };
  }

  #opt({ payload, version, dnssecOk }: Edns): Buffer {
    const options = this.#chance(0.2) ? [this.#one(OPTIONS)] : [];
    const data = Buffer.concat(
      options.map((option) => Buffer.concat([uint16(option.code), uint16(option.data.length), option.data])),
    );
    const flags = (dnssecOk ? 0x8000 : 0) | (this.#chance(0.1) ? 1 : 0);
    const fixed = [uint16(OPT), uint16(payload), Buffer.from([0, version]), uint16(flags)];
    return Buffer.concat([Buffer.from([0]), ...fixed, uint16(data.length), data]);
  }

  /** RD, AD and CD as they come. */
  #header(additionals: number): Buffer {
    const flags = (this.#chance(0.5) ? 0x0100 : 0) | (this.#chance(0.1) ? 0x20 : 0) | (this.#chance(0.1) ? 0x10 : 0);
    return Buffer.concat([0, flags, 1, 0, 0, additionals].map(uint16));
  }

  #otherCase(label: Buffer): Buffer {
    return label.map((octet) => (isLowerCase(octet) && this.#chance(0.5) ? octet - 0x20 : octet)) as Buffer;
  }

  #one<T>(list: readonly T[]): T {
    return list[this.#below(list.length)];
  }

  #below(limit: number): number {
    return this.#random() % limit;
  }

  #chance(share: number): boolean {
    return this.#random() < share * 2 ** 31;
  }
}

function wire(labels: readonly Buffer[]): Buffer {
  return Buffer.concat([...labels.flatMap((label) => [Buffer.from([label.length]), label]), Buffer.from([0])]);
}

function lowerCase(label: Buffer): Buffer {
  return label.map((octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet)) as Buffer;
}

function isLowerCase(octet: number): boolean {
  return octet >= 0x61 && octet <= 0x7a;
}

function uint16(value: number): Buffer {
  const octets = Buffer.alloc(2);
  octets.writeUInt16BE(value);
  return octets;
}
