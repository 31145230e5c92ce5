import { toWords, WORD } from "./names.js";
import { POINTER_SIZE, RECORD_FIXED, TYPE } from "./protocol.js";

/**
 * A prepared RRset: one whose TTL, RDATA and way to pick records are final, in the words that a zone stores and answers read:
 *
 *     word 0          number of octets that all its records take in a message
 *     word 1          TTL in seconds, or `ZONE_TTL` for that of the zone
 *     word 2          how records are picked | sum of the weights << 2
 *     2 words each    weight << 16 | octets of the RDATA; the octet at which the RDATA starts, counted from word 0
 *     octets          the RDATA of each record; a name in it starts at a word and is padded with zeros to one
 *
 * Names are not compressed. Equal sets have equal words: the records are sorted by their RDATA.
 */
export interface PreparedSet {
  readonly type: number;
  /** The number of records. */
  readonly count: number;
  readonly words: Uint32Array;
}

/** Which of its records an answer has: all, one by weight, or up to `MOST_PICKED` at random. */
export const PICK = { ALL: 0, ONE: 1, SOME: 2 } as const;
export type PickWay = (typeof PICK)[keyof typeof PICK];
export const MOST_PICKED = 8;

/** Most octets of RDATA in a prepared set. */
export const MAX_RDATA = 4096;

/** In place of a TTL: that of the zone. */
export const ZONE_TTL = 0xffff_ffff;

/** The words of a prepared set in front of its records, and of each record in front of the RDATA. */
export const PREPARED = { OCTETS: 0, TTL: 1, PICK: 2, HEADER: 3, RECORD: 2 } as const;
export const PICK_MASK = 3;
export const WEIGHTS_SHIFT = 2;
export const WEIGHT_SHIFT = 16;
export const RDLENGTH_MASK = 0xffff;

export interface PreparedRecord {
  readonly rdata: Uint8Array;
  /** Counts for `PICK.ONE` alone. If all are 0, all records are equally likely. */
  readonly weight: number;
}

/** Prepares an RRset of at least one record. @param ttl absent for that of the zone */
export function prepare(
  type: number,
  records: readonly PreparedRecord[],
  { ttl = ZONE_TTL, pick }: { readonly ttl?: number | undefined; readonly pick: PickWay },
): PreparedSet {
  const sorted = [...records].sort((a, b) => Buffer.compare(a.rdata, b.rdata));
  const isEven = pick !== PICK.ONE || sorted.every(({ weight }) => weight === 0);
  const ahead = nameIn(type) < 0 ? 0 : (WORD - (nameIn(type) % WORD)) % WORD;
  const data = PREPARED.HEADER + sorted.length * PREPARED.RECORD;
  const sizes = sorted.map(({ rdata }) => toWords(ahead + rdata.length));
  const words = new Uint32Array(sizes.reduce((sum, size) => sum + size, data));
  const octets = new Uint8Array(words.buffer);
  let next = data;
  let weights = 0;
  sorted.forEach(({ rdata, weight }, i) => {
    const own = isEven ? 1 : weight;
    const at = next * WORD + ahead;
    words[PREPARED.HEADER + i * PREPARED.RECORD] = (own << WEIGHT_SHIFT) | rdata.length;
    words[PREPARED.HEADER + i * PREPARED.RECORD + 1] = at;
    octets.set(rdata, at);
    weights += own;
    next += sizes[i];
  });
  words[PREPARED.OCTETS] = sorted.reduce((sum, { rdata }) => sum + POINTER_SIZE + RECORD_FIXED + rdata.length, 0);
  words[PREPARED.TTL] = ttl;
  words[PREPARED.PICK] = pick | (weights << WEIGHTS_SHIFT);
  return { type, count: sorted.length, words };
}

/** The octet of the RDATA at which the name begins that records of this type point to; -1 if they point to none. */
export function nameIn(type: number): number {
  switch (type) {
    case TYPE.NS:
    case TYPE.CNAME:
      return 0;
    case TYPE.MX:
      return 2;
    case TYPE.SRV:
      return 6;
    default:
      return -1;
  }
}
