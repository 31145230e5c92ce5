import type { OptReply } from "../wire/edns.js";
import { toWords, WORD } from "../wire/names.js";
import { IS_LITTLE_ENDIAN, readUint16, readUint32, writeUint16 } from "../wire/octets.js";
import { CLASS, HEADER, MAX_MESSAGE, POINTER, POINTER_SIZE, QR, RECORD_FIXED, TYPE } from "../wire/protocol.js";
import { SuffixTable } from "./suffix-table.js";

/** A message of so many octets is large enough: compression pointers do not reach much further. */
const FULL = 16 * 1024 - 512;
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

/** The records of a response, in their order. They are put into one message after the other. */
export interface Contents {
  /** Puts as many of the next records into the message as fit. Returns whether these were the last. */
  fill(message: TransferMessage): boolean;
}

/** Octets of memory behind a message into which its records are copied word by word. */
export const SLACK = WORD;

/** Packs records into messages of a response, with their names compressed. One object serves all transfers, one after the other. */
export class TransferMessage {
  /** The memory in which the message is written. */
  octets: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.octets.buffer);
  /** Octets that have been written. */
  length = 0;
  /** Records in the answer section. */
  answers = 0;
  readonly #suffixes = new SuffixTable();
  #limit = 0;

  /**
   * Begins a message.
   *
   * @param repeatsQuestion as the first message of a response does; later ones need not (RFC 5936 §2.2.1)
   * @param memory for it and `SLACK` octets more
   * @param limit octets of records, without what is reserved for the OPT record and the signature
   */
  begin({ query, questionEnd }: ResponseHead, repeatsQuestion: boolean, memory: Uint8Array, limit: number): void {
    this.octets = memory;
    this.#view = new DataView(memory.buffer, memory.byteOffset, memory.length);
    this.#suffixes.begin();
    this.#limit = limit;
    this.answers = 0;
    memory.fill(0, 0, HEADER);
    memory[0] = query[0];
    memory[1] = query[1];
    memory[2] = QR | (query[2] & (OPCODE_BITS | RD));
    this.length = HEADER;
    if (!repeatsQuestion) return;
    memory.set(query.subarray(HEADER, questionEnd), HEADER);
    // A question that cannot be read is not repeated.
    memory[5] = questionEnd > HEADER ? 1 : 0;
    this.length = questionEnd;
  }

  /** Whether another record of this many octets, uncompressed, may be added: also not if the message is large enough to be sent. */
  takes(size: number): boolean {
    return this.length < FULL && this.length + size <= this.#limit;
  }

  /**
   * Adds a record to the answer section.
   *
   * @param record uncompressed wire form, in its first `length` octets
   * @returns false, and adds nothing, if it does not fit
   */
  add(record: Uint8Array, start: number, length: number): boolean {
    if (!this.takes(length)) return false;
    const ownerEnd = nameEnd(record, start);
    this.#name(record, start, ownerEnd);
    const at = ownerEnd + 1;
    this.rest(readUint16(record, at), readUint32(record, at + 4), record, at + RECORD_FIXED, start + length);
    return true;
  }

  /** Writes what follows the owner of a record. @param at the octet of `from` at which the RDATA begins, not compressed; it ends at `end` */
  rest(type: number, ttl: number, from: Uint8Array, at: number, end: number): void {
    this.fixed(type, ttl, 0);
    const start = this.length;
    this.#rdata(type, from, at, end);
    writeUint16(this.octets, start - 2, this.length - start);
  }

  /** Writes what stands between the owner and the RDATA, and counts the record. @param size octets of the RDATA */
  fixed(type: number, ttl: number, size: number): void {
    const at = this.length;
    const view = this.#view;
    view.setUint32(at, (type << 16) | CLASS.IN);
    view.setUint32(at + 4, ttl);
    view.setUint16(at + 8, size);
    this.length = at + RECORD_FIXED;
    this.answers++;
  }

  /** Writes a pointer to a name that stands in the message. */
  pointer(place: number): void {
    this.#view.setUint16(this.length, (POINTER << 8) | place);
    this.length += POINTER_SIZE;
  }

  /** Writes the start of SRV RDATA. @param head priority << 16 | weight */
  service(head: number, port: number): void {
    const at = this.length;
    this.#view.setUint32(at, head);
    this.#view.setUint16(at + 4, port);
    this.length = at + 6;
  }

  /** Writes octets that begin with word `start`. Octets up to the end of the last word are written too, but do not count. */
  words(from: Uint32Array, start: number, count: number): void {
    const view = this.#view;
    const at = this.length;
    const words = toWords(count);
    for (let i = 0; i < words; i++) view.setUint32(at + i * WORD, from[start + i], IS_LITTLE_ENDIAN);
    this.length = at + count;
  }

  /** Writes RDATA, with its names compressed where the type allows it (RFC 3597 §4). */
  #rdata(type: number, record: Uint8Array, at: number, end: number): void {
    switch (type) {
      case TYPE.NS:
      case TYPE.PTR:
      case TYPE.CNAME:
        this.#name(record, at, end - 1);
        return;
      case TYPE.SOA: {
        const primaryEnd = nameEnd(record, at);
        const mailboxEnd = nameEnd(record, primaryEnd + 1);
        this.#name(record, at, primaryEnd);
        this.#name(record, primaryEnd + 1, mailboxEnd);
        this.#copy(record, mailboxEnd + 1, end - mailboxEnd - 1);
        return;
      }
      default:
        this.#copy(record, at, end - at);
    }
  }

  /** Writes the name at octets `start` to `end`, as much as possible of it as a pointer. */
  #name(from: Uint8Array, start: number, end: number): void {
    const suffixes = this.#suffixes;
    const place = suffixes.enter(from, start, end, true, this.length);
    this.#copy(from, start, suffixes.octets);
    if (place < 0) this.octets[this.length++] = 0;
    else this.pointer(place);
  }

  /**
   * The same for the owner of records that come together, which is in no other place: a suffix does not count as found if it is all of it.
   *
   * @param words the same memory as `octets`, in which the name has `size` octets from octet `start` on, which begins a word
   */
  owner(words: Uint32Array, octets: Uint8Array, start: number, size: number): void {
    const suffixes = this.#suffixes;
    const place = suffixes.enter(octets, start, start + size - 1, false, this.length);
    this.words(words, start / WORD, suffixes.octets);
    if (place < 0) this.octets[this.length++] = 0;
    else this.pointer(place);
  }

  #copy(from: Uint8Array, start: number, count: number): void {
    const { octets } = this;
    const at = this.length;
    for (let i = 0; i < count; i++) octets[at + i] = from[start + i];
    this.length = at + count;
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
}

/** The index of the root's octet of the name at `start`. */
function nameEnd(octets: Uint8Array, start: number): number {
  let at = start;
  while (octets[at] !== 0) at += octets[at] + 1;
  return at;
}
