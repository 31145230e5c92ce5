import { randomInt } from "node:crypto";
import type { Config } from "../config/config.js";
import { Answerer } from "../dns/answer.js";
import { identityText } from "../dns/chaos.js";
import { Cookies } from "../dns/cookies.js";
import type { AnswerPolicy } from "../dns/policy.js";
import { ForwardCounter } from "../forward/counter.js";
import { exchangeTcp, exchangeUdp } from "../forward/exchange.js";
import { type ForwardPolicy, SequentialForwarder } from "../forward/forwarder.js";
import type { Logger } from "../log.js";
import type { QueryStats } from "../metrics/query-stats.js";
import { createRandom } from "../random.js";
import { apexesOf } from "../zone/apexes.js";
import { Snapshot } from "../zone/snapshot.js";
import { ClientTable } from "./clients.js";
import { RateLimiter } from "./rate-limiter.js";
import { DnsService } from "./service.js";

const UINT32 = 2 ** 32;
const MAX_ID = 0x10000;

export interface EngineOptions {
  readonly config: Config;
  readonly snapshot: Snapshot;
  readonly stats: QueryStats;
  readonly log: Logger;
  /** Secret of the cookies where the configuration gives none: 16 octets. */
  readonly ownSecret: Uint8Array;
}

/** All that a thread needs to answer queries, but for the transports: made once, configured again and again. */
export class Engine {
  readonly answerer: Answerer;
  readonly forwarder: SequentialForwarder;
  readonly service: DnsService;
  readonly clients: ClientTable;
  readonly counter = new ForwardCounter();
  readonly #limiter: RateLimiter;
  readonly #ownSecret: Uint8Array;

  constructor({ config, snapshot, stats, log, ownSecret }: EngineOptions) {
    this.#ownSecret = ownSecret;
    this.answerer = new Answerer({
      snapshot,
      policy: answerPolicy(config, ownSecret),
      random: createRandom(randomInt(1, UINT32)),
      clock: () => Math.floor(Date.now() / 1000),
    });
    const { count } = this.counter;
    const exchanges = { udp: exchangeUdp, tcp: exchangeTcp, randomId: () => randomInt(MAX_ID), count };
    this.forwarder = new SequentialForwarder(exchanges, forwardPolicy(config));
    this.clients = new ClientTable(config);
    this.#limiter = new RateLimiter(config.rateLimit, randomInt(1, UINT32));
    this.service = new DnsService({
      answerer: this.answerer,
      forwarder: this.forwarder,
      limiter: this.#limiter,
      stats,
      log,
      now: () => performance.now(),
    });
  }

  configure(config: Config): void {
    const { ready, zones } = this.answerer.snapshot;
    // Before the first state no snapshot follows that would bring another domain.
    if (!ready) this.answerer.use(Snapshot.empty(apexesOf(config, zones[0].apex.soa.serial)));
    this.answerer.configure(answerPolicy(config, this.#ownSecret));
    this.forwarder.configure(forwardPolicy(config));
    this.clients.configure(config);
    this.#limiter.configure(config.rateLimit);
  }
}

function answerPolicy(config: Config, ownSecret: Uint8Array): AnswerPolicy {
  return {
    maxUdpPayload: config.maxUdpPayload,
    setTruncateBit: config.SetTruncateBit,
    recursionAvailable: config.recurseon,
    forwarding: config.externalon,
    identity: { version: identityText(config.serverVersion), id: identityText(config.serverId) },
    cookies: config.cookies ? cookiesOf(config, ownSecret) : undefined,
  };
}

function cookiesOf({ cookieSecret, previousCookieSecret }: Config, ownSecret: Uint8Array): Cookies {
  const secret = cookieSecret === "" ? ownSecret : octetsOf(cookieSecret);
  return new Cookies(secret, previousCookieSecret === "" ? undefined : octetsOf(previousCookieSecret));
}

function octetsOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

function forwardPolicy({ resolvers, zoneResolvers, timeout }: Config): ForwardPolicy {
  return { resolvers, zoneResolvers, timeoutMs: timeout * 1000 };
}
