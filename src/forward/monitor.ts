import { characterString, LOOP_LABEL } from "../dns/local-names.js";
import { RCODE, TYPE } from "../dns/protocol.js";
import type { Timers } from "../timers.js";
import { encodeName } from "../zone/names.js";

import type { Group, Groups } from "./groups.js";
import type { Exchange } from "./link.js";
import { ownQuestion, type Question, questionEnd, writeQuery } from "./question.js";
import type { Upstream } from "./upstream.js";

const TICK_MS = 1_000;
/** How long after a query is given up its reply is still known as ours: it tells that the upstream is alive. */
const LATE_MS = 5_000;
/** Between two looks whether an upstream still sends queries back, or does so because it is silent. */
const LOOP_CHECK_MS = 30_000;

export interface MonitorParts {
  readonly groups: Groups;
  readonly timers: Timers;
  readonly random16: () => number;
  readonly loopToken: string;
  /** Milliseconds that a query may take in all. */
  readonly timeoutMs: () => number;
  readonly onHealth: (upstream: Upstream) => void;
}

/**
 * Looks after the upstreams: asks those that are down once a second whether they are back, and finds those that send
 * queries back to this server, with a question that nobody but this server can answer.
 */
export class Monitor {
  readonly #parts: MonitorParts;
  readonly #checkedAt = new WeakMap<Upstream, number>();
  #cancelTimer: (() => void) | undefined;

  constructor(parts: MonitorParts) {
    this.#parts = parts;
  }

  start(): void {
    this.checkLoops();
    this.#tick();
  }

  stop(): void {
    this.#cancelTimer?.();
  }

  /** Asks all upstreams whether they send queries back. */
  checkLoops(): void {
    for (const group of this.#parts.groups.all)
      for (const upstream of group.upstreams) this.#checkLoop(upstream, group);
  }

  /** An upstream has failed: it may be back at once, and it may be silent because it waits for us. */
  wentDown(upstream: Upstream): void {
    this.#parts.onHealth(upstream);
    const group = this.#parts.groups.all.find(({ upstreams }) => upstreams.includes(upstream));
    if (group) this.#look(upstream, group);
  }

  readonly #tick = (): void => {
    const { groups, timers } = this.#parts;
    const now = timers.now();
    const before = now - this.#parts.timeoutMs() - LATE_MS;
    for (const upstream of groups.upstreams) upstream.expire(before);
    const seen = new Set<Upstream>();
    for (const group of groups.all) {
      for (const upstream of group.upstreams) {
        if (upstream.isUp || seen.has(upstream)) continue;
        seen.add(upstream);
        this.#look(upstream, group);
      }
    }
    this.#cancelTimer = timers.after(TICK_MS, this.#tick);
  };

  #look(upstream: Upstream, group: Group): void {
    if (upstream.isDown) this.#probe(upstream, group);
    const checkedAt = this.#checkedAt.get(upstream) ?? Number.NEGATIVE_INFINITY;
    if (this.#parts.timers.now() - checkedAt >= LOOP_CHECK_MS) this.#checkLoop(upstream, group);
  }

  /** Any answer will do but SERVFAIL: even who refuses is there. */
  #probe(upstream: Upstream, { zone }: Group): void {
    const question = ownQuestion(encodeName(zone), zone === "" ? TYPE.NS : TYPE.SOA);
    this.#send(upstream, question, (reply) => {
      if (!reply || (reply[3] & 0x0f) === RCODE.SERVFAIL) return;
      const wasDown = upstream.isDown;
      upstream.succeeded();
      if (wasDown) this.#parts.onHealth(upstream);
    });
  }

  #checkLoop(upstream: Upstream, { zone }: Group): void {
    const { timers, loopToken, onHealth } = this.#parts;
    this.#checkedAt.set(upstream, timers.now());
    const name = `${loopToken}.${LOOP_LABEL}${zone === "" ? "" : `.${zone}`}`;
    const rdata = characterString(Buffer.from(loopToken));
    // RDLENGTH in front: servers that answer anything for any name give back the name, but not this.
    const answer = Buffer.from([0, rdata.length, ...rdata]);
    this.#send(upstream, ownQuestion(encodeName(name), TYPE.TXT), (reply, end) => {
      const isLooping = reply?.includes(answer, end) ?? false;
      if (isLooping === upstream.looping) return;
      upstream.looping = isLooping;
      onHealth(upstream);
    });
  }

  #send(upstream: Upstream, question: Question, done: (reply: Buffer | undefined, end: number) => void): void {
    const { datagrams, stream } = upstream.links;
    const style = { mixedCase: false, edns: false, padded: false, random16: this.#parts.random16 };
    const end = questionEnd(question);
    const exchange: Exchange = {
      query: writeQuery(question, style),
      questionEnd: end,
      replied: (reply) => done(Buffer.from(reply.buffer, reply.byteOffset, reply.length), end),
      failed: () => done(undefined, end),
    };
    (datagrams ?? stream).send(exchange);
  }
}
