import { characterString, LOOP_LABEL } from "../answer/local-names.js";
import type { Timers } from "../base/timers.js";
import { encodeName } from "../wire/names.js";
import { RCODE, TYPE } from "../wire/protocol.js";
import type { Group, Groups } from "./groups.js";
import type { UpstreamQuery } from "./link.js";
import { ownQuestion, type Question, questionEnd, writeQuery } from "./question.js";
import type { Upstream } from "./upstream.js";

const TICK_MS = 1_000;
/** Between two looks at an upstream that comes and goes. */
const PAUSE_MS = 100;
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
 * Looks after the upstreams: asks those that are down or in doubt once a second whether they are there, and finds those that send
 * queries back to this server, with a question that nobody but this server can answer.
 */
export class Monitor {
  readonly #parts: MonitorParts;
  readonly #lookedAt = new WeakMap<Upstream, number>();
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
    for (const upstream of this.#parts.groups.upstreams) {
      this.#checkLoop(upstream, this.#groupsOf(upstream));
    }
  }

  /** An upstream has failed, or may have: it may be back at once, and it may be silent because it waits for us. */
  failed(upstream: Upstream): void {
    // Late news of one that is no longer asked are none.
    if (this.#groupsOf(upstream).length === 0) return;
    if (upstream.isDown) this.#parts.onHealth(upstream);
    const lookedAt = this.#lookedAt.get(upstream) ?? Number.NEGATIVE_INFINITY;
    if (this.#parts.timers.now() - lookedAt >= PAUSE_MS) this.#look(upstream);
  }

  /** An upstream that was down has answered a question. */
  cameBack(upstream: Upstream): void {
    if (this.#groupsOf(upstream).length > 0) this.#parts.onHealth(upstream);
  }

  readonly #tick = (): void => {
    const { groups, timers } = this.#parts;
    const now = timers.now();
    const before = now - this.#parts.timeoutMs() - LATE_MS;
    for (const upstream of groups.upstreams) {
      upstream.expire(before);
      if (upstream.settleDoubt(now)) this.#parts.onHealth(upstream);
      if (!upstream.isSound) this.#look(upstream);
    }
    this.#cancelTimer = timers.after(TICK_MS, this.#tick);
  };

  #groupsOf(upstream: Upstream): readonly Group[] {
    return this.#parts.groups.all.filter(({ upstreams }) => upstreams.includes(upstream));
  }

  #look(upstream: Upstream): void {
    this.#lookedAt.set(upstream, this.#parts.timers.now());
    const groups = this.#groupsOf(upstream);
    if (upstream.isDown || !upstream.looping) this.#probe(upstream, groups[0]);
    const checkedAt = this.#checkedAt.get(upstream) ?? Number.NEGATIVE_INFINITY;
    if (this.#parts.timers.now() - checkedAt >= LOOP_CHECK_MS) this.#checkLoop(upstream, groups);
  }

  /**
   * Even who refuses is there. One that cannot reach the root may take its time to say so, and be well all the same for
   * the names that it knows: so it is also asked what it left unanswered last.
   */
  #probe(upstream: Upstream, { zone }: Group): void {
    const { timers, onHealth } = this.#parts;
    const question = ownQuestion(encodeName(zone), zone === "" ? TYPE.NS : TYPE.SOA);
    const { unanswered } = upstream;
    const again = unanswered ? [ownQuestion(unanswered.name, unanswered.type)] : [];
    for (const one of [question, ...again]) {
      this.#send(upstream, one, (reply, _end, milliseconds) => {
        const now = timers.now();
        if (upstream.probed(isServfail(reply), now - milliseconds, now)) onHealth(upstream);
      });
    }
  }

  /** For each zone: it may send back the names of one, and look for those of another elsewhere. */
  #checkLoop(upstream: Upstream, groups: readonly Group[]): void {
    const { timers, loopToken } = this.#parts;
    this.#checkedAt.set(upstream, timers.now());
    this.#forgetLoops(upstream, groups);
    const rdata = characterString(Buffer.from(loopToken));
    // RDLENGTH in front: servers that answer anything for any name give back the name, but not this.
    const answer = Buffer.from([0, rdata.length, ...rdata]);
    for (const { zone } of groups) {
      const name = `${loopToken}.${LOOP_LABEL}${zone === "" ? "" : `.${zone}`}`;
      this.#send(upstream, ownQuestion(encodeName(name), TYPE.TXT), (reply, end) => {
        // Who could not find out whether there is a loop has not found that there is none.
        if (!isServfail(reply)) this.#noteLoop(upstream, zone, reply.includes(answer, end));
      });
    }
  }

  #noteLoop(upstream: Upstream, zone: string, isLooping: boolean): void {
    const was = upstream.looping;
    if (isLooping) upstream.loops.add(zone);
    else upstream.loops.delete(zone);
    if (upstream.looping !== was) this.#parts.onHealth(upstream);
  }

  /** What was found for zones that it is no longer asked for. */
  #forgetLoops(upstream: Upstream, groups: readonly Group[]): void {
    for (const zone of upstream.loops)
      if (!groups.some((group) => group.zone === zone)) this.#noteLoop(upstream, zone, false);
  }

  /** @param done not told of failures */
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
      // A late reply is welcome, but not worth a place that a client's query needs.
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
