import type { Client } from "../answer/request.js";
import type { Timers } from "../base/timers.js";
import type { CacheSettings, ForwardLimits, ForwardPolicyName } from "../config/config.js";
import { EDE, RCODE } from "../wire/protocol.js";
import type { Query } from "../wire/query.js";
import { AnswerCache, type CachedReply } from "./cache.js";
import { choose } from "./choice.js";
import type { Failed, Forwarded, Forwarder, Outcome } from "./contract.js";
import { type Group, type GroupPolicy, Groups } from "./groups.js";
import { Monitor } from "./monitor.js";
import type { PendingQuestion, Waiter } from "./pending-question.js";
import { keyOf, type Question, questionOf } from "./question.js";
import { Quota } from "./quota.js";
import type { ForwardReport } from "./report.js";
import { Resolution } from "./resolution.js";
import type { MakeLinks, Upstream } from "./upstream.js";

export interface ForwardPolicy extends GroupPolicy {
  readonly policy: ForwardPolicyName;
  /** Whether names are spelled in random upper and lower case. */
  readonly mixedCase: boolean;
  /** Milliseconds that a query may take in all. */
  readonly timeoutMs: number;
  readonly limits: ForwardLimits;
  readonly cache: CacheSettings;
}

export interface ForwarderParts {
  readonly makeLinks: MakeLinks;
  readonly timers: Timers;
  /** Unsigned 16-bit integers that nobody can guess. */
  readonly random16: () => number;
  /** The label of this server's own questions that find loops. */
  readonly loopToken: string;
  /** Told when an upstream is found to be down or to send queries back, and when it is well again. */
  readonly onHealth: (upstream: Upstream) => void;
  /** Told when one is found to mind in which letter case a name is spelled. */
  readonly onMindsCase: (upstream: Upstream) => void;
}

/** How long a client waits where there is an answer past its time, and how long a failure is believed (RFC 8767 §5). */
const STALE_AFTER_MS = 1_800;
const RETRY_MS = 30_000;
/** How long a client waits in that time: an upstream is back, and may have an answer, but that has yet to be seen. */
const STALE_AFTER_RECOVERY_MS = 200;
/** Hits that make an entry popular, and the last part of its time in which it is then fetched again. */
const POPULAR_HITS = 3;
const PREFETCH_SHARE = 0.1;

/** Answers from its cache, and asks upstreams for the rest: once for all who ask the same at the same time. */
export class CachingForwarder implements Forwarder {
  readonly #parts: ForwarderParts;
  readonly #groups: Groups;
  readonly #monitor: Monitor;
  #policy: ForwardPolicy;
  #cache: AnswerCache;
  #epoch = 0;
  /** Questions under way by key, for others to join. */
  readonly #pending = new Map<string, PendingQuestion>();
  /** All that are under way. */
  readonly #underWay = new Set<PendingQuestion>();
  readonly #quota = new Quota();
  readonly #counts = { hits: 0, misses: 0, stale: 0, prefetches: 0, joined: 0 };

  constructor(parts: ForwarderParts, policy: ForwardPolicy) {
    this.#parts = parts;
    this.#policy = policy;
    this.#cache = new AnswerCache(policy.cache.maxBytes);
    this.#groups = new Groups(parts.makeLinks, policy);
    const { timers, random16, loopToken, onHealth } = parts;
    const timeoutMs = () => this.#policy.timeoutMs;
    this.#monitor = new Monitor({ groups: this.#groups, timers, random16, loopToken, timeoutMs, onHealth });
  }

  /** Looks after the upstreams until `close`; to be called when this server can be reached. */
  start(): void {
    this.#monitor.start();
  }

  configure(policy: ForwardPolicy): void {
    const { maxBytes, enabled } = policy.cache;
    const isOther = maxBytes !== this.#policy.cache.maxBytes || enabled !== this.#policy.cache.enabled;
    this.#policy = policy;
    if (isOther) this.#cache = new AnswerCache(maxBytes);
    this.#groups.configure(policy);
    this.#turnOver();
    this.#monitor.checkLoops();
  }

  /** Who still waits is forgotten. */
  close(): void {
    this.#monitor.stop();
    for (const { resolution, waiters } of this.#underWay) {
      resolution?.cancel();
      for (const { cancelTimer } of waiters) cancelTimer?.();
    }
    for (const upstream of this.#groups.upstreams) upstream.close();
  }

  /** Forgets all answers, or those for one name (lower-case wire form as latin1). Returns how many there were. */
  flush(name: string | undefined): number {
    this.#turnOver();
    return this.#cache.flush(name);
  }

  /**
   * What is under way is for those who wait for it already: its answer may be older than the order to forget, or upstreams
   * may be gone that will not answer any more.
   */
  #turnOver(): void {
    this.#epoch++;
    this.#pending.clear();
  }

  report(): ForwardReport {
    const { hits, misses, stale, prefetches, joined } = this.#counts;
    const { waiting, refusals: overLimit } = this.#quota;
    const { entries, bytes, maxBytes, evictions } = this.#cache;
    const upstreams = Object.fromEntries([...this.#groups.upstreams].map((one) => [one.name, one.report()]));
    const cache = { entries, bytes, maxBytes, hits, misses, stale, prefetches, evictions };
    return { upstreams, cache, waiting, questions: this.#underWay.size, joined, overLimit };
  }

  ask(query: Query, message: Uint8Array, client: Client, done: (forwarded: Forwarded) => void): Forwarded | undefined {
    const group = this.#groups.of(query);
    const { cache } = this.#policy;
    // Without RD no resolver is asked to find the answer, and with options of the client's it may be that client's alone.
    const isShared = query.recursionDesired && !query.opt.endToEnd;
    if (!isShared) {
      const alone: Waiter = { client, done, cancelTimer: undefined };
      return this.#refuse(client) ?? this.#begin("", group, questionOf(query, message), alone, undefined);
    }
    const key = keyOf(query, group.scope);
    const kept = cache.enabled ? this.#cache.get(key) : undefined;
    const now = this.#parts.timers.now();
    if (kept && now < kept.expiresAt) {
      const hit = this.#hit(kept, now);
      if (this.#isDueAgain(kept, group, now) && !this.#pending.has(key)) this.#prefetch(key, group, query, message);
      return hit;
    }
    const stale = kept && now < kept.expiresAt + cache.staleSeconds * 1000 ? kept : undefined;
    if (stale && this.#hasFailed(stale, group, now)) return this.#giveStale(stale);
    const refusal = this.#refuse(client);
    if (refusal) return stale ? this.#giveStale(stale) : refusal;
    if (cache.enabled) this.#counts.misses++;
    const pending = this.#pending.get(key);
    const waiter: Waiter = { client, done, cancelTimer: undefined };
    if (!pending) return this.#begin(key, group, questionOf(query, message), waiter, stale);
    this.#counts.joined++;
    return this.#wait(pending, waiter, stale);
  }

  #prefetch(key: string, group: Group, query: Query, message: Uint8Array): void {
    this.#counts.prefetches++;
    this.#launch(key, group, questionOf(query, message));
  }

  #hit(kept: CachedReply, now: number): Forwarded {
    this.#counts.hits++;
    kept.hits++;
    return { kind: "reply", reply: kept.reply, age: Math.floor((now - kept.storedAt) / 1000) };
  }

  /** Whether an answer is popular and so near its end that it is time to ask again; clients' own questions come first. */
  #isDueAgain(kept: CachedReply, group: Group, now: number): boolean {
    const { cache, limits } = this.#policy;
    const isEnding = kept.expiresAt - now < PREFETCH_SHARE * (kept.expiresAt - kept.storedAt);
    if (!cache.prefetch || !isEnding || kept.hits < POPULAR_HITS) return false;
    return this.#underWay.size < limits.maxQueries && !this.#hasFailed(kept, group, now);
  }

  /** Whether asking has failed lately and nothing has changed since. */
  #hasFailed(kept: CachedReply, group: Group, now: number): boolean {
    return now < kept.retryAt && recoveriesOf(group) === kept.recoveriesThen;
  }

  #giveStale(kept: CachedReply): Forwarded {
    this.#counts.stale++;
    return { kind: "reply", reply: kept.reply, age: -1 };
  }

  /** What a client hears whose query is one too many. */
  #refuse(client: Client): Forwarded | undefined {
    return this.#quota.admits(client, this.#policy.limits) ? undefined : { kind: "failed", ede: EDE.OVER_QUOTA };
  }

  #begin(
    key: string,
    group: Group,
    question: Question,
    waiter: Waiter,
    stale: CachedReply | undefined,
  ): Forwarded | undefined {
    const pending = this.#launch(key, group, question);
    const outcome = pending.resolution?.outcome;
    // With nobody to ask it is over before anybody waits.
    return outcome ? this.#result(outcome, stale) : this.#wait(pending, waiter, stale);
  }

  #launch(key: string, group: Group, question: Question): PendingQuestion {
    const { timers, random16, onMindsCase } = this.#parts;
    const { timeoutMs, limits, cache, policy, mixedCase } = this.#policy;
    const bounds = cache.enabled
      ? { min: cache.minTtl, max: cache.maxTtl, maxNegative: cache.maxNegativeTtl }
      : AS_IT_IS;
    const onFailure = (upstream: Upstream) => this.#monitor.failed(upstream);
    const onUp = (upstream: Upstream) => this.#monitor.cameBack(upstream);
    const maxPerUpstream = limits.maxQueriesPerResolver;
    const told = { onFailure, onUp, onMindsCase };
    const parts = { timers, random16, bounds, timeoutMs, maxPerUpstream, mixedCase, ...told };
    const { candidates, atOnce } = choose(group, policy, random16);
    const pending: PendingQuestion = { key, group, epoch: this.#epoch, resolution: undefined, waiters: new Set() };
    pending.resolution = new Resolution(question, candidates, parts, (outcome) => this.#settle(pending, outcome));
    this.#underWay.add(pending);
    if (key !== "") this.#pending.set(key, pending);
    pending.resolution.start(atOnce);
    return pending;
  }

  #wait(pending: PendingQuestion, waiter: Waiter, stale: CachedReply | undefined): Forwarded | undefined {
    const { timers } = this.#parts;
    const now = timers.now();
    const startedAt = pending.resolution?.startedAt ?? now;
    const patience = startedAt + (stale && now < stale.retryAt ? STALE_AFTER_RECOVERY_MS : STALE_AFTER_MS) - now;
    if (stale && patience <= 0) return this.#giveStale(stale);
    pending.waiters.add(waiter);
    this.#quota.enter(waiter.client);
    if (stale) {
      waiter.cancelTimer = timers.after(patience, () => {
        waiter.cancelTimer = undefined;
        pending.waiters.delete(waiter);
        this.#deliver(waiter, this.#giveStale(stale));
      });
    }
    return undefined;
  }

  /** A question is settled: keeps the answer, and tells all who wait for it. */
  #settle(pending: PendingQuestion, outcome: Outcome): void {
    const { key, waiters } = pending;
    this.#underWay.delete(pending);
    let stale: CachedReply | undefined;
    if (key !== "") {
      if (this.#pending.get(key) === pending) this.#pending.delete(key);
      stale = this.#remember(pending, outcome);
    }
    for (const waiter of waiters) this.#deliver(waiter, this.#result(outcome, stale));
    waiters.clear();
  }

  /** Keeps what may be kept. Returns the answer past its time that is better than none. */
  #remember({ key, group, epoch }: PendingQuestion, outcome: Outcome): CachedReply | undefined {
    const { cache } = this.#policy;
    if (!cache.enabled || epoch !== this.#epoch) return undefined;
    const now = this.#parts.timers.now();
    if (!isAnswer(outcome)) {
      const kept = this.#cache.get(key);
      if (!kept) return undefined;
      kept.retryAt = now + RETRY_MS;
      kept.recoveriesThen = recoveriesOf(group);
      return now < kept.expiresAt + cache.staleSeconds * 1000 ? kept : undefined;
    }
    const { reply } = outcome;
    if (reply.lifetime > 0) {
      const expiresAt = now + reply.lifetime * 1000;
      this.#cache.set(key, { reply, storedAt: now, expiresAt, hits: 0, retryAt: 0, recoveriesThen: 0 });
    } else this.#cache.delete(key);
    return undefined;
  }

  #result(outcome: Outcome, stale: CachedReply | undefined): Forwarded {
    if (stale && !isAnswer(outcome)) return this.#giveStale(stale);
    return outcome.kind === "failed" ? outcome : { ...outcome, age: 0 };
  }

  #deliver(waiter: Waiter, forwarded: Forwarded): void {
    waiter.cancelTimer?.();
    this.#quota.leave(waiter.client);
    waiter.done(forwarded);
  }
}

/** Without a cache TTLs are nobody's business but the client's. */
const AS_IT_IS = { min: 0, max: 2 ** 31 - 1, maxNegative: 2 ** 31 - 1 };

/** All else is what resolvers say who have no answer, or no way to give it. */
function isAnswer(outcome: Outcome): outcome is Exclude<Outcome, Failed> {
  if (outcome.kind === "failed" || outcome.reply.truncated) return false;
  return outcome.reply.rcode === RCODE.NOERROR || outcome.reply.rcode === RCODE.NXDOMAIN;
}

function recoveriesOf({ upstreams }: Group): number {
  return upstreams.reduce((sum, { recoveries }) => sum + recoveries, 0);
}
