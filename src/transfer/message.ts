import type { OptReply } from "../wire/edns.js";
import { writeUint16 } from "../wire/octets.js";
import { HEADER, MAX_MESSAGE, POINTER, POINTER_SIZE, QR, RECORD_FIXED, TYPE } from "../wire/protocol.js";
import { SuffixTable } from "./suffix-table.js";

/** Compression pointers reach no further than this, and larger messages are not packed better. */
const PACKED = 16 * 1024;
const AA = 0x04;
const RD = 0x01;
const OPCODE_BITS = 0x78;

/** What all messages of a response have in common. */
export interface ResponseHead {
  /** The query. Its id, opcode, RD and question are repeated. */
  readonly query: Uint8Array;
  /** The octet behind its question. */
  readonly questionEnd: number;
}

/** Packs records into messages of a response, with their names compressed. One object serves all transfers, one after the other. */
export class TransferMessage {
  readonly octets = new Uint8Array(MAX_MESSAGE);
  /** Octets that have been written. */
  length = 0;
  /** Records in the answer section. */
  answers = 0;
  readonly #suffixes: SuffixTable;
  #limit = 0;
  /** Where the last owner was written, and its octets: records of one name follow each other. */
  #ownerAt = 0;
  #ownerSize = 0;
  readonly #owner = new Uint8Array(256);

  /** @param seed of the hash of names */
  constructor(seed: number) {
    this.#suffixes = new SuffixTable(seed);
  }

  /**
   * Begins a message.
   *
   * @param repeatsQuestion as the first message of a response does; later ones need not (RFC 5936 §2.2.1)
   * @param limit octets of records, without what is reserved for the OPT record and the signature
   */
  begin({ query, questionEnd }: ResponseHead, repeatsQuestion: boolean, limit: number): void {
    const { octets } = this;
    this.#suffixes.begin();
    this.#limit = limit;
    this.#ownerSize = 0;
    this.answers = 0;
    octets.fill(0, 0, HEADER);
    octets[0] = query[0];
    octets[1] = query[1];
    octets[2] = QR | (query[2] & (OPCODE_BITS | RD));
    this.length = HEADER;
    if (!repeatsQuestion) return;
    octets.set(query.subarray(HEADER, questionEnd), HEADER);
    // A question that cannot be read is not repeated.
    octets[5] = questionEnd > HEADER ? 1 : 0;
    this.length = questionEnd;
  }

  /** Whether the message is large enough to be sent: a further record would not be compressed any more. */
  get isFull(): boolean {
    return this.length >= PACKED - 512;
  }

  /**
   * Adds a record to the answer section.
   *
   * @param record uncompressed wire form, in its first `length` octets
   * @returns false, and adds nothing, if it does not fit
   */
  add(record: Uint8Array, start: number, length: number): boolean {
    if (this.length + length > this.#limit) return false;
    const ownerSize = this.#owners(record, start);
    const fixedAt = start + ownerSize;
    this.#copy(record, fixedAt, RECORD_FIXED);
    const type = (record[fixedAt] << 8) | record[fixedAt + 1];
    const rdataAt = fixedAt + RECORD_FIXED;
    const rdataSize = start + length - rdataAt;
    const written = this.length;
    if (type === TYPE.NS || type === TYPE.PTR || type === TYPE.CNAME) this.#name(record, rdataAt);
    else if (type === TYPE.SOA) this.#soa(record, rdataAt, start + length);
    else this.#copy(record, rdataAt, rdataSize);
    writeUint16(this.octets, written - 2, this.length - written);
    this.answers++;
    return true;
  }

  /**
   * Writes the OPT record, if there is one, and the header. The message is complete then, but for its signature.
   */
  finish(rcode: number, opt: OptReply | undefined): void {
    const { octets } = this;
    if (opt) {
      this.length = opt.write(octets, this.length, rcode, MAX_MESSAGE);
      writeUint16(octets, 10, 1);
    }
    // What has records comes from a zone of this server.
    if (this.answers > 0) octets[2] |= AA;
    octets[3] = rcode & 0x0f;
    writeUint16(octets, 6, this.answers);
  }

  /** Writes the owner of a record, and returns its octets in the record. */
  #owners(record: Uint8Array, start: number): number {
    const size = this.#ownerSize;
    if (size > 0 && this.#isLastOwner(record, start)) {
      this.#pointer(this.#ownerAt);
      return size;
    }
    let at = start;
    while (record[at] !== 0) at += record[at] + 1;
    const own = at + 1 - start;
    for (let i = 0; i < own; i++) this.#owner[i] = record[start + i];
    const place = this.length;
    const first = this.#name(record, start);
    // A name that is no more than a pointer is where the pointer leads.
    this.#ownerAt = first < 0 ? place : first;
    this.#ownerSize = this.#ownerAt < POINTER << 8 ? own : 0;
    return own;
  }

  #isLastOwner(record: Uint8Array, start: number): boolean {
    for (let i = 0; i < this.#ownerSize; i++) if (record[start + i] !== this.#owner[i]) return false;
    return true;
  }

  /** Writes a name, as much as possible of it as a pointer. Returns where the pointer leads if it is all, or -1. */
  #name(from: Uint8Array, at: number): number {
    const suffixes = this.#suffixes;
    const place = suffixes.find(this.octets, from, at);
    suffixes.enter(this.length);
    const { octets } = suffixes;
    this.#copy(from, at, octets);
    if (place < 0) this.octets[this.length++] = 0;
    else this.#pointer(place);
    return octets === 0 && place >= 0 ? place : -1;
  }

  #soa(record: Uint8Array, rdataAt: number, end: number): void {
    let at = rdataAt;
    for (let name = 0; name < 2; name++) {
      this.#name(record, at);
      while (record[at] !== 0) at += record[at] + 1;
      at++;
    }
    this.#copy(record, at, end - at);
  }

  #pointer(place: number): void {
    this.octets[this.length] = POINTER | (place >>> 8);
    this.octets[this.length + 1] = place & 0xff;
    this.length += POINTER_SIZE;
  }

  #copy(from: Uint8Array, start: number, count: number): void {
    const { octets } = this;
    const at = this.length;
    for (let i = 0; i < count; i++) octets[at + i] = from[start + i];
    this.length = at + count;
  }
}
