import { pino } from "pino";
import type { RateLimit } from "../../src/config/config.js";
import type { Answerer } from "../../src/dns/answer.js";
import type { Forwarded, Forwarder, ForwardRequest } from "../../src/forward/forwarder.js";
import { QueryStats } from "../../src/metrics/query-stats.js";
import { ClientTable } from "../../src/transport/clients.js";
import { RateLimiter } from "../../src/transport/rate-limiter.js";
import { DnsService } from "../../src/transport/service.js";

export const silentLog = pino({ level: "silent" });

export const NO_LIMIT: RateLimit = {
  answersPerSecond: 0,
  negativesPerSecond: 0,
  errorsPerSecond: 0,
  slip: 2,
  ipv4PrefixLength: 24,
  ipv6PrefixLength: 56,
};

/** A forwarder whose answers the test gives, each when it likes. */
export class ScriptedForwarder implements Forwarder {
  readonly requests: { readonly request: ForwardRequest; readonly settle: (answer: Forwarded) => void }[] = [];

  forward(request: ForwardRequest): Promise<Forwarded> {
    return new Promise((settle) => this.requests.push({ request, settle }));
  }
}

export function serviceOf(answerer: Answerer, forwarder: Forwarder = new ScriptedForwarder()) {
  const stats = new QueryStats();
  let clock = 0;
  const limiter = new RateLimiter(NO_LIMIT, 1);
  const service = new DnsService({ answerer, forwarder, limiter, stats, log: silentLog, now: () => clock++ });
  const clients = new ClientTable({ allowQuery: ["0.0.0.0/0", "::/0"], allowRecursion: ["0.0.0.0/0", "::/0"] });
  return { service, stats, clients };
}

/** The upstream's answer to a query, in memory of its own: the same with QR and AA set. */
export function upstreamReply(query: Uint8Array): Uint8Array {
  const reply = new Uint8Array(query);
  reply[2] |= 0x84;
  return reply;
}
