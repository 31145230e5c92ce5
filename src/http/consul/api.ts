import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "../../base/log.js";
import type { Timers } from "../../base/timers.js";
import type { ConsulSettings } from "../../config/consul.js";
import type { EndpointKind } from "../../consul/report.js";
import type { Seat, Waits } from "../server.js";
import { refusal } from "./answers.js";
import type { BlockedRequests } from "./blocked.js";
import { readBody } from "./body.js";
import type { ConsulAnswer, ConsulEndpoint, ConsulRequest, Contact, Reading } from "./endpoint.js";
import { contentHash, differing } from "./hashed.js";
import { type ReadOptions, readOptionsIn, refusedDatacenter } from "./options.js";
import { reply } from "./reply.js";
import { kindOf, methodsOf, type Route, Router } from "./router.js";
import type { ConsulStats } from "./stats.js";
import { Turns } from "./turns.js";
import { Writers } from "./writers.js";

export interface ConsulApiParts {
  readonly endpoints: readonly ConsulEndpoint[];
  readonly settings: () => ConsulSettings;
  /** With the masters. */
  readonly contact: () => Contact;
  readonly blocked: BlockedRequests;
  readonly stats: ConsulStats;
  readonly timers: Timers;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  readonly log: Pick<Logger, "error">;
}

/** Octets of the body of a request whose endpoint says nothing of it. */
const MAX_BODY = 524_288;
/** The start of an absolute-form target, which a proxy may send (RFC 9112 §3.2.2). */
const ORIGIN = /^https?:\/\/[^/?]*/i;

/** A write that tells an index has read as well, what its own process knows. */
const WRITTEN: Pick<ReadOptions, "consistency" | "isCached"> = { consistency: "leader", isCached: false };

/** A request on its way through. */
interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly seat: Seat;
  readonly query: URLSearchParams;
  readonly kind: EndpointKind;
  /** As its endpoint has it. */
  readonly contact?: ConsulEndpoint["contact"];
}

/** Answers all requests to Consul's API: what holds for every endpoint is here, and nowhere else. */
export class ConsulApi implements Waits {
  readonly #parts: ConsulApiParts;
  readonly #router: Router;
  readonly #writers: Writers;
  readonly #turns: Turns;

  constructor(parts: ConsulApiParts) {
    this.#parts = parts;
    this.#router = new Router(parts.endpoints);
    this.#writers = new Writers(parts.settings);
    this.#turns = new Turns(() => parts.timers.now());
  }

  /** Answers there too, in place of an endpoint with the same path. */
  add(endpoints: readonly ConsulEndpoint[]): void {
    this.#router.add(endpoints);
  }

  /** Always true: nobody else answers here. */
  handle(request: IncomingMessage, response: ServerResponse, seat: Seat): boolean {
    const target = (request.url ?? "").replace(ORIGIN, "");
    const mark = target.indexOf("?");
    const path = mark < 0 ? target : target.slice(0, mark);
    const written = mark < 0 ? "" : target.slice(mark + 1);
    const call = { request, response, seat, query: new URLSearchParams(written), kind: kindOf(path) };
    const found = this.#router.find(path);
    if (found === "unknown") this.#send(call, { status: 404, type: "text", body: [] });
    else if (found === "malformed") this.#send(call, refusal(400, "Invalid path: it cannot be decoded"));
    else if ("redirect" in found) {
      const location = found.redirect + (written === "" ? "" : `?${written}`);
      this.#send(call, { status: 301, type: "text", body: [] }, { location });
    } else this.#answer({ ...call, contact: found.endpoint.contact }, found);
    return true;
  }

  #answer(call: Call, route: Route): void {
    const { endpoint } = route;
    const method = call.request.method ?? "";
    const allow = { allow: methodsOf(endpoint) };
    if (method === "OPTIONS") {
      this.#send(call, { status: 200, type: "text", body: [] }, allow);
      return;
    }
    const refused = refusedDatacenter(call.query, this.#parts.settings().datacenter);
    if (refused) {
      this.#send(call, refused);
      return;
    }
    if ((method === "GET" || method === "HEAD") && endpoint.GET) {
      this.#read(call, route, endpoint.GET);
      return;
    }
    const write = method === "PUT" || method === "DELETE" ? endpoint[method] : undefined;
    if (!write) {
      this.#send(call, refusal(405, `method ${shown(method)} not allowed`), allow);
      return;
    }
    void this.#write(call, route, write);
  }

  #read(call: Call, { rest }: Route, get: NonNullable<ConsulEndpoint["GET"]>): void {
    const { query } = call;
    const options = readOptionsIn(query, this.#parts.random);
    if ("status" in options) {
      this.#send(call, options);
      return;
    }
    const found = this.#try(() => get({ rest, query, body: NO_BODY }));
    if ("status" in found) {
      this.#sendRead(call, options, found);
      return;
    }
    const hash = found.isHashed ? (query.get("hash") ?? "") : "";
    const reading = hash === "" ? found : differing(found, hash);
    const above = hash === "" ? (found.isHashed ? undefined : options.above) : 0;
    const answer = () => {
      const made = this.#try(() => found.answer());
      if (found.isHashed) this.#send(call, made, { "x-consul-contenthash": contentHash(made) });
      else this.#sendRead(call, options, made);
    };
    if (above === undefined || reading.index() > above) answer();
    else this.#wait(call, { reading, above, waitMs: options.waitMs, answer });
  }

  #wait(
    { request, response, seat, ...call }: Call,
    blocked: {
      readonly reading: Reading;
      readonly above: number;
      readonly waitMs: number;
      readonly answer: () => void;
    },
  ): void {
    const { blocked: all, stats } = this.#parts;
    const address = request.socket.remoteAddress ?? "";
    const refused = all.refusal(address) ?? (seat.take() ? undefined : "as many connections wait as there may be");
    if (refused !== undefined) {
      stats.refusedWaits++;
      this.#send({ request, response, seat, ...call }, refusal(429, `${refused}; ask again later, or without index`));
      return;
    }
    const answer = () => {
      seat.leave();
      blocked.answer();
    };
    const leave = all.add({ ...blocked, address, answer });
    response.once("close", () => {
      leave();
      seat.leave();
    });
  }

  async #write(call: Call, { endpoint, rest }: Route, write: NonNullable<ConsulEndpoint["PUT"]>): Promise<void> {
    const { request, response, query } = call;
    const refused = this.#writers.refusal(request.socket.remoteAddress ?? "", request.headers, query);
    if (refused) {
      this.#parts.stats.refusedWrites++;
      this.#send(call, refused);
      return;
    }
    const limit = endpoint.maxBody ?? MAX_BODY;
    const body = await readBody(request, response, limit);
    if (body === "too large") {
      this.#send(call, refusal(413, `Request body too large, max size: ${limit} bytes`));
      return;
    }
    if (body === undefined) return;
    const answer = await this.#tryLater(async () => write({ rest, query, body } satisfies ConsulRequest));
    this.#sendRead(call, WRITTEN, answer);
  }

  #sendRead(
    call: Call,
    { consistency, isCached }: Pick<ReadOptions, "consistency" | "isCached">,
    answer: ConsulAnswer,
  ): void {
    if (answer.index === undefined) {
      this.#send(call, answer);
      return;
    }
    const { hasLeader, age } = (call.contact ?? this.#parts.contact)();
    const headers = {
      "x-consul-index": String(answer.index),
      "x-consul-knownleader": String(hasLeader),
      "x-consul-lastcontact": String(Math.round(age)),
      "x-consul-effective-consistency": consistency,
      "x-consul-query-backend": "blocking-query",
      "x-consul-default-acl-policy": "allow",
      ...(isCached && { "x-cache": "MISS", age: "0" }),
    };
    this.#send(call, answer, headers);
  }

  #send(
    { request, response, query, kind }: Call,
    answer: ConsulAnswer,
    more: Readonly<Record<string, string>> = {},
  ): void {
    const { stats, blocked, timers } = this.#parts;
    stats.answered(kind, answer.status);
    const headers = blocked.isClosed ? { ...more, connection: "close" } : more;
    void reply(request, response, answer, { headers, isPretty: query.has("pretty"), timers, turns: this.#turns });
  }

  #try<T>(work: () => T): T | ConsulAnswer {
    try {
      return work();
    } catch (error) {
      return this.#failed(error);
    }
  }

  async #tryLater(work: () => Promise<ConsulAnswer>): Promise<ConsulAnswer> {
    try {
      return await work();
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): ConsulAnswer {
    this.#parts.log.error({ err: error }, "a request to Consul's API has failed");
    return refusal(500, "internal error");
  }
}

const NO_BODY = Buffer.alloc(0);

function shown(method: string): string {
  return method.replace(/[^A-Z]/g, "").slice(0, 16);
}
