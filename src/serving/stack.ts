import { randomFillSync, randomInt } from "node:crypto";
import { Answerer } from "../answer/answer.js";
import { identityText } from "../answer/chaos.js";
import { LOCAL_TTL, LocalNames } from "../answer/local-names.js";
import type { AnswerPolicy } from "../answer/policy.js";
import type { Logger } from "../base/log.js";
import { createRandom } from "../base/random.js";
import { createSecureRandom16 } from "../base/secure-random.js";
import { systemTimers } from "../base/timers.js";
import type { AnswerConfig, ForwardConfig, ZoneConfig } from "../config/config.js";
import type { CachedAnswer } from "../forward/cached-answers.js";
import { ForwardClient } from "../forward/forward-client.js";
import { ForwardServer } from "../forward/forward-server.js";
import { CachingForwarder, type ForwarderParts, type ForwardPolicy } from "../forward/forwarder.js";
import { linkMaker } from "../forward/links.js";
import type { ForwardReport } from "../forward/report.js";
import type { Upstream } from "../forward/upstream.js";
import { viewsOf, zonesOf } from "../views/views.js";
import { Cookies } from "../wire/cookies.js";
import { MAX_UDP_PAYLOAD } from "../wire/protocol.js";
import { type TsigKey, TsigKeys } from "../wire/tsig.js";
import { apexesOf } from "../zone/apex.js";
import { Snapshot } from "../zone/snapshot.js";
import { CLIENT_SECRET_WORDS, ClientTable } from "./clients.js";
import type { Clock } from "./clock.js";
import type { QueryRecorder } from "./query-recorder.js";
import type { QueryStats } from "./query-stats.js";
import { type Buckets, RateLimiter } from "./rate-limiter.js";
import { DnsService } from "./service.js";
import { TransferClient, type TransferPort } from "./transfer-client.js";
import { UpstreamLog } from "./upstream-log.js";

const UINT32 = 2 ** 32;

/** The parts of the configuration that answering depends on. */
export type StackConfig = AnswerConfig & ForwardConfig & ZoneConfig;

export interface DnsStackOptions {
  readonly config: StackConfig;
  readonly snapshot: Snapshot;
  readonly stats: QueryStats;
  readonly log: Logger;
  readonly own: OwnSecrets;
  /** Certificates, in PEM, of the authorities to trust for upstreams over TLS; undefined for those that Node.js trusts. */
  readonly authorities: string | undefined;
  readonly tsigKeys: readonly TsigKey[];
  readonly share: Share;
  /** Whether it forwards through another stack: its `forwardClient` must be connected to the `forwardServer` of that stack. */
  readonly usesForwardClient: boolean;
  readonly clock: Clock;
}

/** A stack's share of what all stacks of the process may use together. */
export interface Share {
  /** Of `cache.maxBytes`: from 0 to 1. */
  readonly cache: number;
}

/** Secrets and buckets that all stacks of a process share. */
export interface OwnSecrets {
  /** Secret for cookies if none is configured: 16 octets. */
  readonly cookies: Uint8Array;
  /** First label in the names of loop checks: 32 hexadecimal digits. */
  readonly loopToken: string;
  readonly buckets: Buckets;
}

/** All that a thread needs to answer queries, except the transports. Created once; `configure` applies a new configuration. */
export class DnsStack {
  readonly answerer: Answerer;
  /** Forwards queries for other stacks; undefined if this stack forwards through another one. */
  readonly forwardServer: ForwardServer | undefined;
  /** Forwards through another stack; undefined if this stack forwards itself. */
  readonly forwardClient: ForwardClient | undefined;
  readonly #forwarder: CachingForwarder | undefined;
  readonly #upstreamLog: UpstreamLog;
  readonly service: DnsService;
  readonly #transfers = new TransferClient();
  readonly clients: ClientTable;
  readonly #limiter: RateLimiter;
  readonly #own: OwnSecrets;
  readonly #share: Share;
  #revision = 0;

  constructor({ config, snapshot, stats, log, own, authorities, share, ...options }: DnsStackOptions) {
    const { tsigKeys, usesForwardClient, clock } = options;
    this.#own = own;
    this.#share = share;
    this.answerer = new Answerer({
      snapshot,
      policy: answerPolicy(config, own, tsigKeys),
      random: createRandom(randomInt(1, UINT32)),
      clock: () => Math.floor(Date.now() / 1000),
    });
    this.clients = new ClientTable(config, randomFillSync(new Uint32Array(CLIENT_SECRET_WORDS)));
    const policy = forwardPolicy(config, authorities, share);
    this.#upstreamLog = new UpstreamLog(log, systemTimers);
    this.forwardClient = usesForwardClient ? new ForwardClient(systemTimers, policy.cache) : undefined;
    this.#forwarder = usesForwardClient
      ? undefined
      : new CachingForwarder(forwarderParts(own, this.#upstreamLog), policy);
    this.#limiter = new RateLimiter(config.rateLimit, own.buckets);
    this.service = new DnsService({
      answerer: this.answerer,
      forwarder: this.#forwarding,
      transfers: this.#transfers,
      limiter: this.#limiter,
      stats,
      log,
      clock,
    });
    this.forwardServer = this.#forwarder && this.#openForwardServer(this.#forwarder);
  }

  /** Records queries for the query log from now on, or no more. */
  set recorder(recorder: QueryRecorder | undefined) {
    this.service.recorder = recorder;
  }

  /** Passes queries for zone transfers through this port; refuses them if it is `undefined`. */
  connectTransfers(port: TransferPort | undefined): void {
    this.#transfers.connect(port, () => this.connectTransfers(undefined));
    this.answerer.transfers = this.#transfers.isConnected;
  }

  #openForwardServer(forwarder: CachingForwarder): ForwardServer {
    const clientOf = (octets: Uint8Array) => this.clients.withAddress(octets);
    const onError = (error: unknown, message: Uint8Array) =>
      this.service.report(error, { message, length: message.length });
    return new ForwardServer({ forwarder, clientOf, onError });
  }

  get #forwarding(): CachingForwarder | ForwardClient {
    return (this.#forwarder ?? this.forwardClient) as CachingForwarder | ForwardClient;
  }

  /** Queries that wait for upstreams: its own and those of other threads. */
  get pending(): number {
    return this.service.pending + (this.forwardServer?.pending ?? 0);
  }

  /** The state and the counters of its forwarder. */
  report(): ForwardReport {
    return this.#forwarding.report();
  }

  /**
   * Removes upstreams' answers from the cache. Returns how many were removed.
   *
   * @param name lower-case wire form as latin1; undefined for all
   */
  flush(name: string | undefined): number {
    const revision = this.#revise();
    return this.forwardClient?.flush(name, revision) ?? this.#forwarder?.flush(name) ?? 0;
  }

  /** The answers of upstreams to this name that its forwarder has cached. @param name lower-case wire form as latin1 */
  cached(name: string): readonly CachedAnswer[] {
    return this.#forwarder?.cached(name) ?? [];
  }

  /** Counts configurations and flushes. All stacks of a process have them in the same order, and so have the same count. */
  #revise(): number {
    this.#revision++;
    if (this.forwardServer) this.forwardServer.revision = this.#revision;
    return this.#revision;
  }

  /** Monitors upstreams until `close`. Must be called when this server can be reached: loop checks come back to it. */
  start(): void {
    this.#forwarder?.start();
  }

  close(): void {
    this.forwardServer?.close();
    this.connectTransfers(undefined);
    this.#forwarding.close();
    this.#upstreamLog.close();
  }

  configure(config: StackConfig, authorities: string | undefined, tsigKeys: readonly TsigKey[]): void {
    const { ready, serial } = this.answerer.snapshot;
    // Before the first state there is no snapshot from the builder that would have the new zones.
    if (!ready) this.answerer.use(Snapshot.empty(apexesOf(zonesOf(viewsOf(config)), serial)));
    this.answerer.configure(answerPolicy(config, this.#own, tsigKeys));
    const policy = forwardPolicy(config, authorities, this.#share);
    const revision = this.#revise();
    this.#forwarder?.configure(policy);
    this.forwardClient?.configure(policy.cache, revision);
    this.clients.configure(config);
    this.#limiter.configure(config.rateLimit);
  }
}

function forwarderParts({ loopToken }: OwnSecrets, log: UpstreamLog): ForwarderParts {
  const random16 = createSecureRandom16();
  const onHealth = (upstream: Upstream) => log.changed(upstream);
  const onMindsCase = (upstream: Upstream) => log.mindsCase(upstream);
  return { makeLinks: linkMaker(random16), timers: systemTimers, random16, loopToken, onHealth, onMindsCase };
}

function answerPolicy(config: StackConfig, own: OwnSecrets, tsigKeys: readonly TsigKey[]): AnswerPolicy {
  return {
    maxUdpPayload: Math.min(config.maxUdpPayload, MAX_UDP_PAYLOAD),
    setTruncateBit: config.SetTruncateBit,
    recursionAvailable: config.recurseon,
    forwarding: config.externalon,
    localNames: localNamesOf(config, own),
    identity: { version: identityText(config.serverVersion), id: identityText(config.serverId) },
    cookies: config.cookies ? cookiesOf(config, own.cookies) : undefined,
    keys: new TsigKeys(tsigKeys),
  };
}

function localNamesOf(
  { zoneResolvers, reverse, ttl, SOAMinttl }: Pick<StackConfig, "zoneResolvers" | "reverse" | "ttl" | "SOAMinttl">,
  { loopToken }: OwnSecrets,
): LocalNames {
  return new LocalNames(Object.keys(zoneResolvers), loopToken, reverse ? Math.min(ttl, SOAMinttl) : LOCAL_TTL);
}

function cookiesOf({ cookieSecret, previousCookieSecret }: AnswerConfig, ownSecret: Uint8Array): Cookies {
  const secret = cookieSecret === "" ? ownSecret : octetsOf(cookieSecret);
  return new Cookies(secret, previousCookieSecret === "" ? undefined : octetsOf(previousCookieSecret));
}

function octetsOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

function forwardPolicy(config: ForwardConfig, authorities: string | undefined, share: Share): ForwardPolicy {
  const { resolvers, zoneResolvers, mixedCase, timeout, forwarding: limits, forwardPolicy: policy } = config;
  const cache = { ...config.cache, maxBytes: Math.floor(config.cache.maxBytes * share.cache) };
  return { resolvers, zoneResolvers, authorities, policy, mixedCase, timeoutMs: timeout * 1000, limits, cache };
}
