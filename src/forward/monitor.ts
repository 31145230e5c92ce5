import { characterString, LOOP_LABEL } from "../answer/local-names.js";
import type { Timers } from "../base/timers.js";
import { encodeName } from "../wire/names.js";
import { RCODE, TYPE } from "../wire/protocol.js";
import type { Group, Groups } from "./groups.js";
import type { UpstreamQuery } from "./link.js";
import { probeQuestion, type Question, questionEnd, writeQuery } from "./question.js";
import type { Upstream } from "./upstream.js";

const TICK_MS = 1_000;
/** Shortest time between two probes of an upstream. */
const MIN_CHECK_MS = 100;
/** How long a query is remembered after its time is up: a late reply still shows that the upstream is alive. */
const LATE_REPLY_MS = 5_000;
/** Shortest time between two loop checks of an upstream that loops or is not sound. */
const LOOP_CHECK_MS = 30_000;

export interface MonitorParts {
  readonly groups: Groups;
  readonly timers: Timers;
  readonly random16: () => number;
  readonly loopToken: string;
  /** Milliseconds that a question may take in all. */
  readonly timeoutMs: () => number;
  readonly onHealth: (upstream: Upstream) => void;
}

/**
 * Watches the upstreams. Probes those that are down or in doubt once a second. Finds those that send queries back to this server,
 * by a loop check: a question that only this server can answer.
 */
export class Monitor {
  readonly #parts: MonitorParts;
  readonly #checkedAt = new WeakMap<Upstream, number>();
  readonly #loopCheckedAt = new WeakMap<Upstream, number>();
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

  /** Checks all upstreams for loops. */
  checkLoops(): void {
    for (const upstream of this.#parts.groups.upstreams) {
      this.#checkLoop(upstream, this.#groupsOf(upstream));
    }
  }

  /** An upstream has gone down or is in doubt. Probes it at once: it may be back already, or silent because of a loop. */
  failed(upstream: Upstream): void {
    // Ignore an upstream that has been removed from the configuration.
    if (this.#groupsOf(upstream).length === 0) return;
    if (upstream.isDown) this.#parts.onHealth(upstream);
    const lastCheck = this.#checkedAt.get(upstream) ?? Number.NEGATIVE_INFINITY;
    if (this.#parts.timers.now() - lastCheck >= MIN_CHECK_MS) this.#check(upstream);
  }

  /** An upstream that was down has answered a client's question. */
  cameBack(upstream: Upstream): void {
    if (this.#groupsOf(upstream).length > 0) this.#parts.onHealth(upstream);
  }

  readonly #tick = (): void => {
    const { groups, timers } = this.#parts;
    const now = timers.now();
    const before = now - this.#parts.timeoutMs() - LATE_REPLY_MS;
    for (const upstream of groups.upstreams) {
      upstream.expire(before);
      if (upstream.settleDoubt(now)) this.#parts.onHealth(upstream);
      if (!upstream.isSound) this.#check(upstream);
    }
    this.#cancelTimer = timers.after(TICK_MS, this.#tick);
  };

  #groupsOf(upstream: Upstream): readonly Group[] {
    return this.#parts.groups.all.filter(({ upstreams }) => upstreams.includes(upstream));
  }

  #check(upstream: Upstream): void {
    this.#checkedAt.set(upstream, this.#parts.timers.now());
    const groups = this.#groupsOf(upstream);
    if (upstream.isDown || !upstream.looping) this.#probe(upstream, groups[0]);
    const lastLoopCheck = this.#loopCheckedAt.get(upstream) ?? Number.NEGATIVE_INFINITY;
    if (this.#parts.timers.now() - lastLoopCheck >= LOOP_CHECK_MS) this.#checkLoop(upstream, groups);
  }

  /**
   * Asks for the NS of the root, or for the SOA of the group's zone. Any reply shows that the upstream is there, REFUSED too. An
   * upstream that cannot reach the root may take long to reply, but still answer for names that it knows: so the question that
   * it failed to answer last is asked as well.
   */
  #probe(upstream: Upstream, { zone }: Group): void {
    const { timers, onHealth } = this.#parts;
    const question = probeQuestion(encodeName(zone), zone === "" ? TYPE.NS : TYPE.SOA);
    const { unanswered } = upstream;
    const retry = unanswered ? [probeQuestion(unanswered.name, unanswered.type)] : [];
    for (const one of [question, ...retry]) {
      this.#send(upstream, one, (reply, _end, milliseconds) => {
        const now = timers.now();
        if (upstream.probed(isServfail(reply), now - milliseconds, now)) onHealth(upstream);
      });
    }
  }

  /** Checks each zone by itself: an upstream may send back the names of one zone only. */
  #checkLoop(upstream: Upstream, groups: readonly Group[]): void {
    const { timers, loopToken } = this.#parts;
    this.#loopCheckedAt.set(upstream, timers.now());
    this.#forgetLoops(upstream, groups);
    const rdata = characterString(Buffer.from(loopToken));
    // With RDLENGTH in front: a server that answers every query with anything repeats the name, but not this.
    const answer = Buffer.from([0, rdata.length, ...rdata]);
    for (const { zone } of groups) {
      const name = `${loopToken}.${LOOP_LABEL}${zone === "" ? "" : `.${zone}`}`;
      this.#send(upstream, probeQuestion(encodeName(name), TYPE.TXT), (reply, end) => {
        // SERVFAIL says nothing about loops.
        if (!isServfail(reply)) this.#noteLoop(upstream, zone, reply.includes(answer, end));
      });
    }
  }

  #noteLoop(upstream: Upstream, zone: string, isLooping: boolean): void {
    const before = upstream.looping;
    if (isLooping) upstream.loops.add(zone);
    else upstream.loops.delete(zone);
    if (upstream.looping !== before) this.#parts.onHealth(upstream);
  }

  /** Forgets loops in zones for which the upstream is no longer configured. */
  #forgetLoops(upstream: Upstream, groups: readonly Group[]): void {
    for (const zone of upstream.loops)
      if (!groups.some((group) => group.zone === zone)) this.#noteLoop(upstream, zone, false);
  }

  /** @param done called with a reply; not called if there is none */
  #send(
    upstream: Upstream,
    question: Question,
    done: (reply: Buffer, questionEnd: number, milliseconds: number) => void,
  ): void {
    const { datagrams, stream } = upstream.links;
    const { random16 } = this.#parts;
    const style = { letters: "lower", edns: false, padded: false, random16 } as const;
    const end = questionEnd(question);
    const probe: UpstreamQuery = {
      query: writeQuery(question, style),
      questionEnd: end,
      // The link may forget it to make room for a client's query.
      isWanted: false,
      replied: (reply, _caseKept, milliseconds) =>
        done(Buffer.from(reply.buffer, reply.byteOffset, reply.length), end, milliseconds),
      failed: () => undefined,
    };
    (datagrams ?? stream).send(probe);
  }
}

function isServfail(reply: Buffer): boolean {
  return (reply[3] & 0x0f) === RCODE.SERVFAIL;
}
