import type { Client } from "../answer/request.js";
import type { Timers } from "../base/timers.js";
import type { ForwardPolicyName } from "../config/config.js";
import type { CacheSettings, ForwardLimits } from "../config/forward-settings.js";
import { EDE } from "../wire/protocol.js";
import type { Query } from "../wire/query.js";
import { AnswerCache, type CachedReply } from "./cache.js";
import { type CachedAnswer, cachedAnswers } from "./cached-answers.js";
import { choose } from "./choice.js";
import { type Forwarded, type Forwarder, isAnswer, type Outcome } from "./contract.js";
import { type Group, type GroupPolicy, Groups, recoveriesOf } from "./groups.js";
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
  /** Milliseconds that a question may take in all, whatever number of upstreams is asked. */
  readonly timeoutMs: number;
  readonly limits: ForwardLimits;
  readonly cache: CacheSettings;
}

export interface ForwarderParts {
  readonly makeLinks: MakeLinks;
  readonly timers: Timers;
  /** Returns unpredictable unsigned 16-bit integers. */
  readonly random16: () => number;
  /** Label, known to this server only, in the names of its loop checks. */
  readonly loopToken: string;
  /** Told when an upstream goes down or is found to send queries back to us, and when it has recovered. */
  readonly onHealth: (upstream: Upstream) => void;
  /** Told when an upstream is found to answer differently for another letter case of a name. */
  readonly onMindsCase: (upstream: Upstream) => void;
}

/** How long a client waits if there is a stale answer, and how long after a failure nothing is asked (RFC 8767 §5). */
const STALE_AFTER_MS = 1_800;
const RETRY_MS = 30_000;
/** The same within `RETRY_MS` after a failure, if an upstream has recovered since: it may not have this answer. */
const STALE_AFTER_RECOVERY_MS = 200;
/** Hits that make an entry popular, and the last share of its lifetime in which a popular entry is fetched again. */
const POPULAR_HITS = 3;
const PREFETCH_SHARE = 0.1;

/** Answers from its cache and asks upstreams for the rest. Clients that ask the same at the same time share one question. */
export class CachingForwarder implements Forwarder {
  readonly #parts: ForwarderParts;
  readonly #groups: Groups;
  readonly #monitor: Monitor;
  #policy: ForwardPolicy;
  #cache: AnswerCache;
  /** Changes whenever answers to pending questions must no longer be cached. */
  #epoch = 0;
  /** Pending questions that further queries can join, by key. */
  readonly #joinable = new Map<string, PendingQuestion>();
  /** All pending questions. */
  readonly #pending = new Set<PendingQuestion>();
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

  /** Monitors the upstreams until `close`. Must be called when this server can be reached: loop checks come back to it. */
  start(): void {
    this.#monitor.start();
  }

  configure(policy: ForwardPolicy): void {
    const { maxBytes, enabled } = policy.cache;
    const isNewCache = maxBytes !== this.#policy.cache.maxBytes || enabled !== this.#policy.cache.enabled;
    this.#policy = policy;
    if (isNewCache) this.#cache = new AnswerCache(maxBytes);
    this.#groups.configure(policy);
    this.#startEpoch();
    this.#monitor.checkLoops();
  }

  /** Closes all upstreams. Clients that still wait get no answer. */
  close(): void {
    this.#monitor.stop();
    for (const { resolution, waiters } of this.#pending) {
      resolution?.cancel();
      for (const { cancelTimer } of waiters) cancelTimer?.();
    }
    for (const upstream of this.#groups.upstreams) upstream.close();
  }

  /**
   * Removes all answers from the cache, or those for one name (lower-case wire form as latin1). Returns how many were removed.
   */
  flush(name: string | undefined): number {
    this.#startEpoch();
    return this.#cache.flush(name);
  }

  /**
   * Pending questions keep their clients, but no further query joins them and their answers are not cached: these may be older
   * than the flush, and their upstreams may be closed.
   */
  #startEpoch(): void {
    this.#epoch++;
    this.#joinable.clear();
  }

  /** The answers to this name in the cache, however old. @param name lower-case wire form as latin1 */
  cached(name: string): readonly CachedAnswer[] {
    return cachedAnswers(name, this.#cache, this.#groups.all, this.#parts.timers.now());
  }

  report(): ForwardReport {
    const { hits, misses, stale, prefetches, joined } = this.#counts;
    const { waiting, refusals: overLimit } = this.#quota;
    const { entries, kinds, bytes, maxBytes, evictions } = this.#cache;
    const upstreams = Object.fromEntries([...this.#groups.upstreams].map((one) => [one.name, one.report()]));
    const cache = { entries, ...kinds, bytes, maxBytes, hits, misses, stale, prefetches, evictions };
    return { upstreams, cache, waiting, questions: this.#pending.size, joined, overLimit };
  }

  ask(query: Query, message: Uint8Array, client: Client, done: (forwarded: Forwarded) => void): Forwarded | undefined {
    const group = this.#groups.of(query);
    const { cache } = this.#policy;
    // Without RD the answer depends on what the upstream has cached; with end-to-end options it may be for this client only.
    const isShared = query.recursionDesired && !query.opt.endToEnd;
    if (!isShared) {
      const alone: Waiter = { client, done, cancelTimer: undefined };
      return this.#refuse(client) ?? this.#begin("", group, questionOf(query, message), alone, undefined);
    }
    const key = keyOf(query, group.scope);
    const cached = cache.enabled ? this.#cache.get(key) : undefined;
    const now = this.#parts.timers.now();
    if (cached && now < cached.expiresAt) {
      const hit = this.#hit(cached, now);
      if (this.#shouldPrefetch(cached, group, now) && !this.#joinable.has(key))
        this.#prefetch(key, group, query, message);
      return hit;
    }
    const stale = cached && now < cached.expiresAt + cache.staleSeconds * 1000 ? cached : undefined;
    if (stale && this.#hasFailedRecently(stale, group, now)) return this.#giveStale(stale);
    const refusal = this.#refuse(client);
    if (refusal) return stale ? this.#giveStale(stale) : refusal;
    if (cache.enabled) this.#counts.misses++;
    const pending = this.#joinable.get(key);
    const waiter: Waiter = { client, done, cancelTimer: undefined };
    if (!pending) return this.#begin(key, group, questionOf(query, message), waiter, stale);
    this.#counts.joined++;
    return this.#wait(pending, waiter, stale);
  }

  #prefetch(key: string, group: Group, query: Query, message: Uint8Array): void {
    this.#counts.prefetches++;
    this.#launch(key, group, questionOf(query, message));
  }

  #hit(cached: CachedReply, now: number): Forwarded {
    this.#counts.hits++;
    cached.hits++;
    return { kind: "reply", reply: cached.reply, age: Math.floor((now - cached.storedAt) / 1000) };
  }

  /** Whether to prefetch an answer: it is popular and near its end. Not if that would take a place from clients' questions. */
  #shouldPrefetch(cached: CachedReply, group: Group, now: number): boolean {
    const { cache, limits } = this.#policy;
    const isEnding = cached.expiresAt - now < PREFETCH_SHARE * (cached.expiresAt - cached.storedAt);
    if (!cache.prefetch || !isEnding || cached.hits < POPULAR_HITS) return false;
    return this.#pending.size < limits.maxQueries && !this.#hasFailedRecently(cached, group, now);
  }

  /** Whether asking failed less than `RETRY_MS` ago and no upstream of the group has recovered since. */
  #hasFailedRecently(cached: CachedReply, group: Group, now: number): boolean {
    return now < cached.retryAt && recoveriesOf(group) === cached.recoveriesAtFailure;
  }

  #giveStale(cached: CachedReply): Forwarded {
    this.#counts.stale++;
    return { kind: "reply", reply: cached.reply, age: -1 };
  }

  /** The answer to a query over the limits; undefined if the query may wait. */
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
    // If no upstream can be asked, the resolution has ended already.
    return outcome ? this.#result(outcome, stale) : this.#wait(pending, waiter, stale);
  }

  #launch(key: string, group: Group, question: Question): PendingQuestion {
    const { timers, random16, onMindsCase } = this.#parts;
    const { timeoutMs, limits, cache, policy, mixedCase } = this.#policy;
    const bounds = cache.enabled
      ? { min: cache.minTtl, max: cache.maxTtl, maxNegative: cache.maxNegativeTtl }
      : UNBOUNDED_TTLS;
    const onFailure = (upstream: Upstream) => this.#monitor.failed(upstream);
    const onUp = (upstream: Upstream) => this.#monitor.cameBack(upstream);
    const maxPerUpstream = limits.maxQueriesPerResolver;
    const callbacks = { onFailure, onUp, onMindsCase };
    const parts = { timers, random16, bounds, timeoutMs, maxPerUpstream, mixedCase, ...callbacks };
    const { candidates, atOnce } = choose(group, policy, random16);
    const pending: PendingQuestion = { key, group, epoch: this.#epoch, resolution: undefined, waiters: new Set() };
    pending.resolution = new Resolution(question, candidates, parts, (outcome) => this.#settle(pending, outcome));
    this.#pending.add(pending);
    if (key !== "") this.#joinable.set(key, pending);
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

  /** Ends a question: caches its answer and gives it to all clients that wait for it. */
  #settle(pending: PendingQuestion, outcome: Outcome): void {
    const { key, waiters } = pending;
    this.#pending.delete(pending);
    let stale: CachedReply | undefined;
    if (key !== "") {
      if (this.#joinable.get(key) === pending) this.#joinable.delete(key);
      stale = this.#remember(pending, outcome);
    }
    for (const waiter of waiters) this.#deliver(waiter, this.#result(outcome, stale));
    waiters.clear();
  }

  /** Caches an answer. Without one, returns the stale answer to give instead, if there is one. */
  #remember({ key, group, epoch }: PendingQuestion, outcome: Outcome): CachedReply | undefined {
    const { cache } = this.#policy;
    if (!cache.enabled || epoch !== this.#epoch) return undefined;
    const now = this.#parts.timers.now();
    if (!isAnswer(outcome)) {
      const cached = this.#cache.get(key);
      if (!cached) return undefined;
      cached.retryAt = now + RETRY_MS;
      cached.recoveriesAtFailure = recoveriesOf(group);
      return now < cached.expiresAt + cache.staleSeconds * 1000 ? cached : undefined;
    }
    const { reply } = outcome;
    if (reply.lifetime > 0) {
      const expiresAt = now + reply.lifetime * 1000;
      this.#cache.set(key, { reply, storedAt: now, expiresAt, hits: 0, retryAt: 0, recoveriesAtFailure: 0 });
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

/** Without a cache, TTLs go to the client unchanged. */
const UNBOUNDED_TTLS = { min: 0, max: 2 ** 31 - 1, maxNegative: 2 ** 31 - 1 };
