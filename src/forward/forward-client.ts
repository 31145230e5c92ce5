import type { Client } from "../answer/request.js";
import type { Timers } from "../base/timers.js";
import type { CacheSettings } from "../config/forward-settings.js";
import { EDE } from "../wire/protocol.js";
import type { Query } from "../wire/query.js";
import type { Reply } from "../wire/reply.js";
import { AnswerCache } from "./cache.js";
import type { Forwarded, Forwarder } from "./contract.js";
import type { ForwardRequest, ForwardResponse } from "./forward-server.js";
import { keyOf } from "./question.js";
import type { ForwardReport } from "./report.js";

/**
 * Share of an answer's lifetime for which it is cached here. Then the forwarding thread sees queries for it, and can prefetch it.
 */
const LOCAL_SHARE = 0.9;
const NO_UPSTREAMS = {};

/** A port to the forwarding thread. */
export interface ForwardServerPort {
  postMessage(message: readonly ForwardRequest[]): void;
  on(event: "message", listener: (message: readonly ForwardResponse[]) => void): unknown;
  close(): void;
}

interface PendingRequest {
  /** Key in the cache; "" if the answer is for this client only. */
  readonly key: string;
  readonly done: (forwarded: Forwarded) => void;
}

/**
 * Forwards through another thread of this process, so that all threads share one set of upstreams, one cache and one quota.
 * Caches answers here as well, for most of their lifetime.
 */
export class ForwardClient implements Forwarder {
  readonly #timers: Pick<Timers, "now">;
  #settings: CacheSettings;
  #cache: AnswerCache;
  #port: ForwardServerPort | undefined;
  readonly #waiting = new Map<number, PendingRequest>();
  #lastId = 0;
  #requests: ForwardRequest[] = [];
  #hits = 0;
  #revision = 0;

  constructor(timers: Pick<Timers, "now">, settings: CacheSettings) {
    this.#timers = timers;
    this.#settings = settings;
    this.#cache = new AnswerCache(settings.maxBytes);
  }

  /** Must be called before the first query. */
  connect(port: ForwardServerPort): void {
    this.#port = port;
    port.on("message", (responses) => {
      for (const each of responses) this.#receive(each);
    });
  }

  /** Empties the cache: its upstreams may have been replaced. @param revision see `ForwardServer.revision` */
  configure(settings: CacheSettings, revision: number): void {
    this.#settings = settings;
    this.#revision = revision;
    this.#cache = new AnswerCache(settings.maxBytes);
  }

  close(): void {
    this.#waiting.clear();
    this.#port?.close();
  }

  /** Returns 0: the forwarding thread caches the same answers and counts them. */
  flush(name: string | undefined, revision: number): number {
    this.#revision = revision;
    this.#cache.flush(name);
    return 0;
  }

  report(): ForwardReport {
    const { entries, kinds, bytes, maxBytes, evictions } = this.#cache;
    const counts = { hits: this.#hits, misses: 0, stale: 0, prefetches: 0, evictions };
    const cache = { entries, ...kinds, bytes, maxBytes, ...counts };
    return { upstreams: NO_UPSTREAMS, cache, waiting: 0, questions: 0, joined: 0, overLimit: 0 };
  }

  ask(query: Query, message: Uint8Array, client: Client, done: (forwarded: Forwarded) => void): Forwarded | undefined {
    const isShared = query.recursionDesired && !query.opt.endToEnd && this.#settings.enabled;
    // The scope can be 0: the name alone decides which upstreams are asked.
    const key = isShared ? keyOf(query, 0) : "";
    const cached = isShared ? this.#cache.get(key) : undefined;
    const now = this.#timers.now();
    if (cached && now < cached.expiresAt) {
      this.#hits++;
      return { kind: "reply", reply: cached.reply, age: Math.floor((now - cached.storedAt) / 1000) };
    }
    if (!this.#port) return { kind: "failed", ede: EDE.NOT_READY };
    const id = ++this.#lastId;
    this.#waiting.set(id, { key, done });
    // Queries handled in the same turn of the event loop go to the forwarding thread in one message.
    if (this.#requests.length === 0) queueMicrotask(() => this.#send());
    this.#requests.push({ id, message: new Uint8Array(message.subarray(0, query.end)), client: client.octets });
    return undefined;
  }

  #send(): void {
    const requests = this.#requests;
    this.#requests = [];
    this.#port?.postMessage(requests);
  }

  #receive({ id, forwarded, revision }: ForwardResponse): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    // Do not cache what was asked for before a new configuration or a flush.
    const isCurrent = revision === this.#revision;
    if (waiting.key !== "" && isCurrent && forwarded.kind === "reply")
      this.#remember(waiting.key, forwarded.reply, forwarded.age);
    waiting.done(forwarded);
  }

  /** @param age seconds; negative if the reply is stale */
  #remember(key: string, reply: Reply, age: number): void {
    const left = (reply.lifetime - age) * 1000 * LOCAL_SHARE;
    if (age < 0 || left <= 0 || reply.truncated) return;
    const now = this.#timers.now();
    this.#cache.set(key, {
      reply,
      storedAt: now - age * 1000,
      expiresAt: now + left,
      hits: 0,
      retryAt: 0,
      recoveriesAtFailure: 0,
    });
  }
}
