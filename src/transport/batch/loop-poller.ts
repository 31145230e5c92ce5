import type { Clock } from "../../serving/clock.js";
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_EVENT, POLLFD, POLLIN } from "./abi.js";
import type { Address, EventLoop, System } from "./system.js";

/**
 * How long a callback stays at most. Events that the event loop has collected together with it wait as long. Also longer than a
 * clock tick of the kernel: such timeouts are cheaper, as most need no setting of the processor's timer.
 */
const MAX_STAY_MS = 20;

/** Number of descriptors to poll: the socket, and the event loop's. */
const DESCRIPTORS = 2;
const WORDS = POLLFD.size / 4;
/** Index of the word with the event loop's requested events, and above them, in its upper 16 bits, the returned ones. */
const LOOP_EVENTS = WORDS + POLLFD.offsets.events / 4;
const RETURNED_SHIFT = 16;

/**
 * Waits for datagrams in place of the event loop. Each callback of the event loop costs microseconds and allocates an object. So
 * a callback that has answered all datagrams stays and waits for more, until the event loop has something else to do: the event
 * loop has a descriptor that can be polled, and tells when its next timer is due.
 *
 * The event loop watches the socket through an epoll descriptor in between. While a callback stays, that descriptor does not
 * watch the socket: so the event loop becomes ready for other events only.
 */
export class LoopPoller {
  /** Descriptor that the event loop must watch instead of the socket. */
  readonly fd: number;
  readonly #system: System;
  readonly #socket: number;
  readonly #loop: EventLoop;
  readonly #clock: Clock;
  readonly #now = new Float64Array(1);
  readonly #until = new Float64Array(1);
  readonly #event = new Uint32Array(EPOLL_EVENT.room / 4);
  readonly #eventAt: Address;
  readonly #pollfds = new Int32Array(DESCRIPTORS * WORDS);
  readonly #pollfdsAt: Address;

  private constructor(system: System, socket: number, loop: EventLoop, clock: Clock, fd: number) {
    this.fd = fd;
    this.#system = system;
    this.#socket = socket;
    this.#loop = loop;
    this.#clock = clock;
    this.#eventAt = system.addressOf(new Uint8Array(this.#event.buffer));
    this.#pollfdsAt = system.addressOf(new Uint8Array(this.#pollfds.buffer));
    this.#pollfds.set([socket, POLLIN, loop.fd, POLLIN]);
  }

  /** Undefined if the event loop cannot be found or polled: then callbacks must return to it. */
  static create(socket: number, system: System, clock: Clock): LoopPoller | undefined {
    const loop = system.eventLoop();
    if (!loop) return undefined;
    const fd = system.epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) return undefined;
    const poller = new LoopPoller(system, socket, loop, clock, fd);
    if (poller.#watch(EPOLL_CTL_ADD, POLLIN)) return poller;
    poller.close();
    return undefined;
  }

  /** Must be called in a callback of the event loop. Returns whether the callback may stay; if so, `end` must be called. */
  begin(): boolean {
    const due = this.#loop.timeout();
    if (due === 0) return false;
    this.#clock(this.#until);
    this.#until[0] += due > 0 && due < MAX_STAY_MS ? due : MAX_STAY_MS;
    return this.#watch(EPOLL_CTL_MOD, 0);
  }

  /** Waits for datagrams. Returns whether there is something to read and nothing else for the event loop to do. */
  more(): boolean {
    this.#clock(this.#now);
    const left = Math.ceil(this.#until[0] - this.#now[0]);
    if (left <= 0) return false;
    const ready = this.#system.poll(this.#pollfdsAt, DESCRIPTORS, left);
    return ready > 0 && this.#pollfds[LOOP_EVENTS] >>> RETURNED_SHIFT === 0;
  }

  /** Lets the event loop watch the socket again, before the callback returns. */
  end(): void {
    this.#watch(EPOLL_CTL_MOD, POLLIN);
  }

  /** Must be called after the event loop has stopped watching `fd`. */
  close(): void {
    this.#system.close(this.fd);
  }

  #watch(operation: number, events: number): boolean {
    this.#event[EPOLL_EVENT.events] = events;
    return this.#system.epoll_ctl(this.fd, operation, this.#socket, this.#eventAt) === 0;
  }
}
