import {
  APEX_FLAG,
  ENTRY_HEADER_WORDS,
  QUESTION_POINTER,
  RECORD_HEADER,
  RRSET_WORDS,
  RRSETS_SHIFT,
  TARGET_SHIFT,
  TARGET_WORDS,
  ZONE_SHIFT,
} from "./layout.js";

/** The RDATA of one record, and where it names another host. */
export interface Rdata {
  readonly octets: Uint8Array;
  /** Hash of the target's name, where the set has targets. */
  readonly targetHash?: number;
}

/** Records of one type, sorted and without duplicates. */
export interface Rrset {
  readonly type: number;
  /** Octet of a record at which its target starts; 0 without targets. */
  readonly targetAt: number;
  readonly rdata: readonly Rdata[];
}

export interface Entry {
  readonly name: Uint8Array;
  readonly zone: number;
  readonly apex: boolean;
  readonly rrsets: readonly Rrset[];
}

const CLASS_IN = 1;

/** Growing memory that entries are written to one after the other; `layout.ts` draws what it holds. */
export class EntryWriter {
  #words = new Uint32Array(1 << 16);
  #octets = new Uint8Array(this.#words.buffer);
  /** Words written. */
  length = 0;

  reset(): void {
    this.length = 0;
  }

  get words(): Uint32Array {
    return this.#words.subarray(0, this.length);
  }

  /** Writes one entry and returns the word index where it starts. */
  write(entry: Entry, ttl: number): number {
    const start = this.length;
    const size = sizeOf(entry);
    this.#reserve(start + size);
    const words = this.#words;
    words.fill(0, start, start + size); // padding is compared too
    const nameWord = start + ENTRY_HEADER_WORDS + entry.rrsets.length * RRSET_WORDS;
    this.#octets.set(entry.name, nameWord * 4);
    let next = nameWord + toWords(entry.name.length);
    entry.rrsets.forEach((rrset, i) => {
      const at = start + ENTRY_HEADER_WORDS + i * RRSET_WORDS;
      words[at] = rrset.type | (rrset.targetAt << TARGET_SHIFT);
      words[at + 1] = rrset.rdata.length;
      words[at + 2] = next - start;
      next = this.#writeRrset(rrset, start, next, ttl);
    });
    words[start] =
      entry.name.length |
      (entry.rrsets.length << RRSETS_SHIFT) |
      (entry.zone << ZONE_SHIFT) |
      (entry.apex ? APEX_FLAG : 0);
    words[start + 1] = next - start;
    this.length = next;
    return start;
  }

  #writeRrset(rrset: Rrset, entryWord: number, table: number, ttl: number): number {
    const { rdata, targetAt } = rrset;
    const words = this.#words;
    const targets = table + rdata.length + 1;
    const firstRecord = (targets + (targetAt > 0 ? rdata.length * TARGET_WORDS : 0)) * 4;
    let at = firstRecord;
    let group = 0;
    rdata.forEach((data, i) => {
      words[table + i] = at - entryWord * 4;
      this.#writeRecord(at, rrset.type, ttl, data.octets);
      at += RECORD_HEADER + data.octets.length;
      if (targetAt === 0) return;
      if (i > 0 && !sameTarget(rrset, i - 1, i)) group++;
      words[targets + i * TARGET_WORDS] = data.targetHash ?? 0;
      words[targets + i * TARGET_WORDS + 1] = group;
    });
    words[table + rdata.length] = at - entryWord * 4;
    return toWords(at);
  }

  #writeRecord(at: number, type: number, ttl: number, rdata: Uint8Array): void {
    const view = new DataView(this.#octets.buffer);
    view.setUint16(at, QUESTION_POINTER);
    view.setUint16(at + 2, type);
    view.setUint16(at + 4, CLASS_IN);
    view.setUint32(at + 6, ttl);
    view.setUint16(at + 10, rdata.length);
    this.#octets.set(rdata, at + RECORD_HEADER);
  }

  #reserve(words: number): void {
    if (words <= this.#words.length) return;
    const larger = new Uint32Array(2 ** Math.ceil(Math.log2(words)));
    larger.set(this.#words);
    this.#words = larger;
    this.#octets = new Uint8Array(larger.buffer);
  }
}

/** An upper bound of the words an entry takes. */
function sizeOf(entry: Entry): number {
  let words = ENTRY_HEADER_WORDS + toWords(entry.name.length);
  for (const rrset of entry.rrsets) {
    let octets = 0;
    for (const data of rrset.rdata) octets += RECORD_HEADER + data.octets.length;
    words += RRSET_WORDS + 1 + rrset.rdata.length * (1 + TARGET_WORDS) + toWords(octets);
  }
  return words;
}

function sameTarget(rrset: Rrset, i: number, j: number): boolean {
  const skip = rrset.targetAt - RECORD_HEADER;
  const a = rrset.rdata[i].octets;
  const b = rrset.rdata[j].octets;
  return a.length === b.length && Buffer.compare(a.subarray(skip), b.subarray(skip)) === 0;
}

function toWords(octets: number): number {
  return (octets + 3) >>> 2;
}
