import { MMSGHDR, POLLOUT } from "./abi.js";
import type { Datagrams, Origin } from "./datagrams.js";
import type { Address, System } from "./system.js";

/** How long to wait for room in the kernel's send buffer, once a batch. */
const PATIENCE_MS = 5;

/** Collects datagrams and sends them in batches. */
export class Outbox {
  readonly datagrams: Datagrams;
  readonly #system: System;
  readonly #fd: number;
  readonly #pollfd = new Int32Array(2);
  readonly #pollfdAt: Address;
  #ready = 0;

  constructor(system: System, fd: number, datagrams: Datagrams) {
    this.#system = system;
    this.#fd = fd;
    this.datagrams = datagrams;
    this.#pollfd[0] = fd;
    this.#pollfdAt = system.addressOf(new Uint8Array(this.#pollfd.buffer));
  }

  /** Memory for the next datagram. */
  get next(): Uint8Array {
    return this.datagrams.data[this.#ready];
  }

  /** Adds the datagram in `next`, of `length` bytes, to the sender of datagram `i` of `from`. */
  answer(length: number, from: Datagrams, i: number): void {
    this.datagrams.answer(this.#ready, length, from, i);
    this.#added();
  }

  /** Adds the datagram in `next`, of `length` bytes, to a sender saved by `Datagrams.origin`. */
  answerTo(length: number, origin: Origin): void {
    this.datagrams.answerTo(this.#ready, length, origin);
    this.#added();
  }

  /**
   * Sends all. Drops a datagram that the kernel refuses, as there is no route to its address. Drops all that the kernel has no
   * room for after `PATIENCE_MS`: the clients will ask again.
   */
  flush(): void {
    const { headers } = this.datagrams;
    let sent = 0;
    let waited = false;
    while (sent < this.#ready) {
      const rest = sent === 0 ? headers : headers + BigInt(sent * MMSGHDR.size);
      const count = this.#system.sendmmsg(this.#fd, rest, this.#ready - sent, 0);
      if (count > 0) sent += count;
      else if (!this.#isFull()) sent++;
      else if (waited) break;
      else waited = this.#awaitRoom();
    }
    this.#ready = 0;
  }

  /** Counts a datagram. Sends all if there is no memory for another. */
  #added(): void {
    this.#ready++;
    if (this.#ready === this.datagrams.count) this.flush();
  }

  #isFull(): boolean {
    const error = this.#system.errno();
    return error === "EAGAIN" || error === "ENOBUFS";
  }

  #awaitRoom(): true {
    this.#pollfd[1] = POLLOUT;
    this.#system.poll(this.#pollfdAt, 1, PATIENCE_MS);
    return true;
  }
}
