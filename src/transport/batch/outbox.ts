import { MMSGHDR, POLLOUT } from "./abi.js";
import type { Datagrams, Origin } from "./datagrams.js";
import type { Address, System } from "./system.js";

/** How long the kernel is given to make room for datagrams, once a batch. */
const PATIENCE_MS = 5;

/** Datagrams on their way out, sent by the batch. */
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

  /** Room for the octets of the next one. */
  get next(): Uint8Array {
    return this.datagrams.data[this.#ready];
  }

  /** Adds what stands in `next`, for whoever sent datagram `i` of `from`. */
  answer(length: number, from: Datagrams, i: number): void {
    this.datagrams.answer(this.#ready, length, from, i);
    this.#added();
  }

  /** The same for one who has been kept. */
  answerTo(length: number, origin: Origin): void {
    this.datagrams.answerTo(this.#ready, length, origin);
    this.#added();
  }

  /**
   * Sends all. One that the kernel refuses, for there is no way to its address, is left out; so is what it has no room for after a
   * few milliseconds: the client asks again.
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

  /** Sends all when there is no room for another. */
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
