import type { Answer } from "dns-packet";
import { pino } from "pino";
import type { Answerer } from "../../src/answer/answer.js";
import type { Client } from "../../src/answer/request.js";
import type { RateLimit } from "../../src/config/config.js";
import type { Forwarded, Forwarder } from "../../src/forward/contract.js";
import { CLIENT_SECRET_WORDS, ClientTable } from "../../src/serving/clients.js";
import { QueryStats } from "../../src/serving/query-stats.js";
import { createBuckets, RateLimiter } from "../../src/serving/rate-limiter.js";
import { DnsService } from "../../src/serving/service.js";
import { TransferClient } from "../../src/serving/transfer-client.js";
import type { Query } from "../../src/wire/query.js";
import { readReply, type TtlBounds } from "../../src/wire/reply.js";
import { decode } from "./dns.js";
import { answerTo } from "./upstream.js";

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
  readonly requests: { readonly query: Uint8Array; readonly settle: (answer: Forwarded) => void }[] = [];

  ask(_query: Query, message: Uint8Array, _client: Client, done: (answer: Forwarded) => void): undefined {
    this.requests.push({ query: new Uint8Array(message), settle: done });
  }
}

export function serviceOf(answerer: Answerer, forwarder: Forwarder = new ScriptedForwarder()) {
  const stats = new QueryStats();
  let clock = 0;
  const limiter = new RateLimiter(NO_LIMIT, createBuckets(1));
  const transfers = new TransferClient();
  const service = new DnsService({
    transfers,
    answerer,
    forwarder,
    limiter,
    stats,
    log: silentLog,
    clock: (into) => into.fill(clock++),
  });
  const clients = new ClientTable({ allowQuery: ["0.0.0.0/0", "::/0"], allowRecursion: ["0.0.0.0/0", "::/0"] }, SECRET);
  return { service, stats, clients, transfers };
}

/** Chooses the places of a client table. */
export const SECRET = Uint32Array.from({ length: CLIENT_SECRET_WORDS }, (_, i) => Math.imul(0x9e3779b1, i + 1));

export const ANY_TTL: TtlBounds = { min: 0, max: 86_400, maxNegative: 3600 };

/** What comes back where an upstream answers `query` with these records. */
export function upstreamReply(query: Uint8Array, answers: readonly Answer[] = []): Forwarded {
  const question = decode(query);
  const message = answerTo(question, answers);
  const end = answerTo(question, []).length;
  const reply = readReply(message, end, 1, ANY_TTL);
  if (!reply) throw new Error("the test's own reply is malformed");
  return { kind: "reply", reply, age: 0 };
}
