import type { Clock } from "../../serving/clock.js";
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_EVENT, POLLFD, POLLIN } from "./abi.js";
import type { Address, EventLoop, System } from "./system.js";

/**
 * How long a callback stays at most. What the event loop has taken up together with it, and has yet to call back for, waits as long.
 * Timers longer than a clock tick of the kernel are also the cheaper ones: most need no setting of the processor's own timer.
 */
const STAY_MS = 20;

/** What is asked about when polling: the socket, and the event loop. */
const ASKED = 2;
const WORDS = POLLFD.size / 4;
/** The word with the loop's events: those wanted, and above them those that are there. */
const LOOP_EVENTS = WORDS + POLLFD.offsets.events / 4;
const THERE = 16;

/**
 * Waits for datagrams in place of the event loop. Each callback costs microseconds and leaves an object behind, so one that has
 * answered what was there stays and waits for more, until the event loop has something else to do: it is a descriptor that can be
 * polled, and tells when its next timer is due.
 *
 * The loop watches the socket through a descriptor in between. While somebody stays, that one is blind to the socket, so
 * that the loop is ready for nothing but what is others'.
 */
export class LoopPoller {
  /** What the event loop is to watch instead of the socket. */
  readonly fd: number;
  readonly #system: System;
  readonly #socket: number;
  readonly #loop: EventLoop;
  readonly #clock: Clock;
  readonly #now = new Float64Array(1);
  readonly #until = new Float64Array(1);
  readonly #event = new Uint32Array(EPOLL_EVENT.room / 4);
  readonly #eventAt: Address;
  readonly #asked = new Int32Array(ASKED * WORDS);
  readonly #askedAt: Address;

  private constructor(system: System, socket: number, loop: EventLoop, clock: Clock, fd: number) {
    this.fd = fd;
    this.#system = system;
    this.#socket = socket;
    this.#loop = loop;
    this.#clock = clock;
    this.#eventAt = system.addressOf(new Uint8Array(this.#event.buffer));
    this.#askedAt = system.addressOf(new Uint8Array(this.#asked.buffer));
    this.#asked.set([socket, POLLIN, loop.fd, POLLIN]);
  }

  /** Nothing where the event loop cannot be found, or not be polled: then it has to be returned to. */
  static at(socket: number, system: System, clock: Clock): LoopPoller | undefined {
    const loop = system.eventLoop();
    if (!loop) return undefined;
    const fd = system.epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) return undefined;
    const poller = new LoopPoller(system, socket, loop, clock, fd);
    if (poller.#watch(EPOLL_CTL_ADD, POLLIN)) return poller;
    poller.close();
    return undefined;
  }

  /** To be called in a callback; false if it must not stay, as others wait for its return. */
  begin(): boolean {
    const due = this.#loop.timeout();
    if (due === 0) return false;
    this.#clock(this.#until);
    this.#until[0] += due > 0 && due < STAY_MS ? due : STAY_MS;
    return this.#watch(EPOLL_CTL_MOD, 0);
  }

  /** Waits; true if there is something to read, and others need not be seen to. */
  more(): boolean {
    this.#clock(this.#now);
    const left = Math.ceil(this.#until[0] - this.#now[0]);
    if (left <= 0) return false;
    const ready = this.#system.poll(this.#askedAt, ASKED, left);
    return ready > 0 && this.#asked[LOOP_EVENTS] >>> THERE === 0;
  }

  /** To be called at the end of what `begin` has begun. */
  end(): void {
    this.#watch(EPOLL_CTL_MOD, POLLIN);
  }

  /** To be called when the event loop watches no more. */
  close(): void {
    this.#system.close(this.fd);
  }

  #watch(operation: number, events: number): boolean {
    this.#event[EPOLL_EVENT.events] = events;
    return this.#system.epoll_ctl(this.fd, operation, this.#socket, this.#eventAt) === 0;
  }
}
