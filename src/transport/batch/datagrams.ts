import { MAX_UDP_QUERY } from "../../wire/protocol.js";
import { AF_INET, AF_INET6, CMSGHDR, IN6_PKTINFO, IOVEC, MMSGHDR, SOCKADDR_IN, SOCKADDR_IN6 } from "./abi.js";
import type { Address } from "./system.js";

/** Guard bytes between pieces of memory, and their value. When the engine stops, it checks that nothing has overwritten them. */
const GUARD = 64;
const GUARD_BYTE = 0xa5;
/** Bytes for a socket address of either family, and for ancillary data with the address that was asked. */
const NAME_ROOM = 32;
const CONTROL_ROOM = 48;

const HEADER_WORDS = MMSGHDR.size / 4;
const NAME_AT = MMSGHDR.offsets.msg_name / 4;
const NAME_LENGTH_AT = MMSGHDR.offsets.msg_namelen / 4;
const IOV_AT = MMSGHDR.offsets.msg_iov / 4;
const IOV_LENGTH_AT = MMSGHDR.offsets.msg_iovlen / 4;
const CONTROL_AT = MMSGHDR.offsets.msg_control / 4;
const CONTROL_LENGTH_AT = MMSGHDR.offsets.msg_controllen / 4;
const LENGTH_AT = MMSGHDR.offsets.msg_len / 4;

/** A datagram's sender and destination: the lengths of both, then both as the kernel wrote them. */
export type Origin = Uint32Array;

const ORIGIN_NAME = 2;
const ORIGIN_CONTROL = ORIGIN_NAME + NAME_ROOM / 4;
const ORIGIN_WORDS = ORIGIN_CONTROL + CONTROL_ROOM / 4;

/** Part of one allocation: offset and size in bytes. */
interface Piece {
  readonly at: number;
  readonly size: number;
}

/**
 * Memory for a number of datagrams, each with the client's address and the address of this machine that was asked. One
 * allocation, laid out for recvmmsg and sendmmsg (`abi.ts`).
 */
export class Datagrams {
  readonly count: number;
  /** Memory address of the headers, for the system calls. */
  readonly headers: Address;
  /** The octets of each datagram. */
  readonly data: readonly Uint8Array[];
  readonly #memory: Uint8Array;
  readonly #words: Uint32Array;
  readonly #pieces: Piece[] = [];
  readonly #headers: Piece;
  readonly #iovecs: Piece;
  readonly #names: readonly Piece[];
  readonly #controls: readonly Piece[];
  readonly #withControl: boolean;

  /**
   * @param size most bytes of a datagram
   * @param withControl whether to receive and set the address of this machine, for a wildcard socket
   * @param addressOf returns the memory address of an array
   */
  constructor(count: number, size: number, withControl: boolean, addressOf: (memory: Uint8Array) => Address) {
    this.count = count;
    this.#withControl = withControl;
    let at = GUARD;
    const take = (octets: number): Piece => {
      const piece = { at, size: octets };
      this.#pieces.push(piece);
      at += Math.ceil(octets / 8) * 8 + GUARD;
      return piece;
    };
    const each = (octets: number) => Array.from({ length: count }, () => take(octets));
    this.#headers = take(count * MMSGHDR.size);
    this.#iovecs = take(count * IOVEC.size);
    this.#names = each(NAME_ROOM);
    this.#controls = each(CONTROL_ROOM);
    const data = each(size);
    const memory = new ArrayBuffer(at);
    this.#memory = new Uint8Array(memory);
    this.#words = new Uint32Array(memory);
    // Memory for contents is not touched before it is used, so the kernel need not provide it: few answers are that large.
    this.#gaps((from, to) => this.#memory.fill(GUARD_BYTE, from, to));
    this.data = data.map((piece) => new Uint8Array(memory, piece.at, piece.size));
    const base = addressOf(this.#memory);
    const address = Number(base);
    this.headers = base + BigInt(this.#headers.at);
    for (let i = 0; i < count; i++) {
      const header = this.#header(i);
      this.#pointer(header + NAME_AT, address + this.#names[i].at);
      this.#pointer(header + IOV_AT, address + this.#iovecs.at + i * IOVEC.size);
      this.#words[header + IOV_LENGTH_AT] = 1;
      this.#pointer(this.#iovec(i), address + data[i].at);
      this.#words[this.#iovec(i) + 2] = size;
      if (withControl) this.#pointer(header + CONTROL_AT, address + this.#controls[i].at);
      this.prepare(i);
    }
  }

  /** Length of datagram `i` in bytes, as the kernel wrote it. */
  length(i: number): number {
    return this.#words[this.#header(i) + LENGTH_AT];
  }

  /** Makes datagram `i` ready to receive again: restores the sizes that the kernel has overwritten. */
  prepare(i: number): void {
    const header = this.#header(i);
    this.#words[header + NAME_LENGTH_AT] = NAME_ROOM;
    if (this.#withControl) this.#words[header + CONTROL_LENGTH_AT] = CONTROL_ROOM;
  }

  /** Addresses datagram `i`, of `length` bytes, to the sender of datagram `j` of `from`, from the address that was asked. */
  answer(i: number, length: number, from: Datagrams, j: number): void {
    const header = from.#header(j);
    const nameLength = from.#words[header + NAME_LENGTH_AT];
    const controlLength = from.#words[header + CONTROL_LENGTH_AT];
    this.#address(i, from.#words, from.#names[j].at / 4, nameLength);
    this.#route(i, from.#words, from.#controls[j].at / 4, controlLength);
    this.#words[this.#iovec(i) + 2] = length;
  }

  /** Sender and destination of datagram `i`, as a copy. */
  origin(i: number): Origin {
    const words = this.#words;
    const origin = new Uint32Array(ORIGIN_WORDS);
    const header = this.#header(i);
    origin[0] = words[header + NAME_LENGTH_AT];
    origin[1] = words[header + CONTROL_LENGTH_AT];
    copyWords(words, this.#names[i].at / 4, origin, ORIGIN_NAME, NAME_ROOM / 4);
    copyWords(words, this.#controls[i].at / 4, origin, ORIGIN_CONTROL, CONTROL_ROOM / 4);
    return origin;
  }

  /** Addresses datagram `i`, of `length` bytes, to a sender saved by `origin`. */
  answerTo(i: number, length: number, origin: Origin): void {
    this.#address(i, origin, ORIGIN_NAME, origin[0]);
    this.#route(i, origin, ORIGIN_CONTROL, origin[1]);
    this.#words[this.#iovec(i) + 2] = length;
  }

  /** Index in `words` of the sender's address. */
  sender(i: number): number {
    const at = this.#names[i].at + (this.#isIPv6(i) ? SOCKADDR_IN6.offsets.sin6_addr : SOCKADDR_IN.offsets.sin_addr);
    return at / 4;
  }

  /** Words of the sender's address: one for IPv4, four for IPv6. */
  senderWords(i: number): number {
    return this.#isIPv6(i) ? 4 : 1;
  }

  /** The sender's port. */
  port(i: number): number {
    const at = this.#names[i].at + SOCKADDR_IN.offsets.sin_port;
    return (this.#memory[at] << 8) | this.#memory[at + 1];
  }

  /** All of the memory as words. */
  get words(): Uint32Array {
    return this.#words;
  }

  /** Whether all guard bytes are unchanged. */
  get isIntact(): boolean {
    let isIntact = true;
    this.#gaps((from, to) => {
      isIntact &&= this.#memory.subarray(from, to).every((byte) => byte === GUARD_BYTE);
    });
    return isIntact;
  }

  /** Visits the memory before, between and behind the pieces. */
  #gaps(visit: (from: number, to: number) => void): void {
    let free = 0;
    for (const { at, size } of [...this.#pieces, { at: this.#memory.length, size: 0 }]) {
      visit(free, at);
      free = at + size;
    }
  }

  /** Sets the destination of datagram `i` to the socket address in `from` at this word. @param length in bytes */
  #address(i: number, from: Uint32Array, at: number, length: number): void {
    this.#words[this.#header(i) + NAME_LENGTH_AT] = length;
    copyWords(from, at, this.#words, this.#names[i].at / 4, (length + 3) >>> 2);
  }

  /** Sets the address that datagram `i` leaves from to the ancillary data in `from` at this word. @param length in bytes */
  #route(i: number, from: Uint32Array, at: number, length: number): void {
    if (!this.#withControl) return;
    this.#words[this.#header(i) + CONTROL_LENGTH_AT] = length;
    copyWords(from, at, this.#words, this.#controls[i].at / 4, (length + 3) >>> 2);
    this.#freeRoute(this.#controls[i].at / 4);
  }

  #isIPv6(i: number): boolean {
    return (this.#words[this.#names[i].at / 4] & 0xffff) === AF_INET6;
  }

  /** Leaves the interface to the routing table, unless the address is link-local. */
  #freeRoute(control: number): void {
    const words = this.#words;
    const data = control + CMSGHDR.size / 4;
    const isIPv6 = words[control] >= CMSGHDR.size + IN6_PKTINFO.size;
    if (!isIPv6) words[data] = 0;
    else if ((words[data] & 0xc0ff) !== LINK_LOCAL) words[data + IN6_PKTINFO.offsets.ipi6_ifindex / 4] = 0;
  }

  #header(i: number): number {
    return this.#headers.at / 4 + i * HEADER_WORDS;
  }

  #iovec(i: number): number {
    return (this.#iovecs.at + i * IOVEC.size) / 4;
  }

  #pointer(word: number, address: number): void {
    this.#words[word] = address;
    this.#words[word + 1] = Math.floor(address / 2 ** 32);
  }
}

/** The first ten bits of fe80::/10, as a little-endian machine reads them. */
const LINK_LOCAL = 0x80fe;

function copyWords(from: Uint32Array, start: number, to: Uint32Array, at: number, count: number): void {
  for (let i = 0; i < count; i++) to[at + i] = from[start + i];
}

/** A socket address in the kernel's form. @param octets the IP address: 4 or 16 octets */
export function socketAddress(octets: Uint8Array, port: number, scope = 0): Uint8Array {
  const isIPv6 = octets.length === 16;
  const { size } = isIPv6 ? SOCKADDR_IN6 : SOCKADDR_IN;
  const address = new Uint8Array(size);
  new Uint16Array(address.buffer)[0] = isIPv6 ? AF_INET6 : AF_INET;
  address[SOCKADDR_IN.offsets.sin_port] = port >>> 8;
  address[SOCKADDR_IN.offsets.sin_port + 1] = port;
  address.set(octets, isIPv6 ? SOCKADDR_IN6.offsets.sin6_addr : SOCKADDR_IN.offsets.sin_addr);
  if (isIPv6) new Uint32Array(address.buffer)[SOCKADDR_IN6.offsets.sin6_scope_id / 4] = scope;
  return address;
}

/** Bytes for a query, and one more to notice a longer one: the kernel cuts off what does not fit. */
export const QUERY_ROOM = MAX_UDP_QUERY + 1;
