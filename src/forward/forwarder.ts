import type { HostPort } from "../config/config.js";
import { EDE, RCODE } from "../dns/protocol.js";
import { MesosDnsError } from "../errors.js";
import { formatHostPort } from "../host-port.js";
import type { Exchange } from "./exchange.js";
import { isTruncated, rcodeOf, restore, withId } from "./reply.js";

/** A query for a name outside the zones. */
export interface ForwardRequest {
  /** The client's message. */
  readonly query: Uint8Array;
  /** Octet behind its question. */
  readonly questionEnd: number;
  /** Lower case, with the final dot. */
  readonly name: string;
  /** Whether the client came over TCP; its query then goes upstream over TCP too. */
  readonly stream: boolean;
}

export type Forwarded =
  /** Ready for the client but for its size limit. */
  | { readonly kind: "reply"; readonly message: Uint8Array }
  /** No resolver answered; `ede` is the extended error (RFC 8914) that says why. */
  | { readonly kind: "failed"; readonly ede: number };

/** Asks somebody else. Does not reject for what a network or a resolver does. */
export interface Forwarder {
  forward(request: ForwardRequest): Promise<Forwarded>;
}

export interface ForwardPolicy {
  readonly resolvers: readonly HostPort[];
  /** Zone (lower case, no final dot) to its resolvers. */
  readonly zoneResolvers: Readonly<Record<string, readonly HostPort[]>>;
  /** Milliseconds one resolver may take. */
  readonly timeoutMs: number;
}

export const FORWARD_RESULTS = ["answered", "servfail", "refused", "timeout", "network_error", "bad_reply"] as const;
export type ForwardResult = (typeof FORWARD_RESULTS)[number];

export interface ForwarderParts {
  readonly udp: Exchange;
  readonly tcp: Exchange;
  /** Message ids: unsigned 16-bit integers that nobody can guess. */
  readonly randomId: () => number;
  /** Told what each exchange with a resolver came to. */
  readonly count: (resolver: string, result: ForwardResult) => void;
}

/** Sockets that may be open at once: a bound on descriptors whatever clients ask. */
const MAX_IN_FLIGHT = 4096;

/** Asks the resolvers of a name's zone in their order until one has an answer, as Mesos-DNS does. */
export class SequentialForwarder implements Forwarder {
  readonly #parts: ForwarderParts;
  #policy: ForwardPolicy;
  #inFlight = 0;

  constructor(parts: ForwarderParts, policy: ForwardPolicy) {
    this.#parts = parts;
    this.#policy = policy;
  }

  configure(policy: ForwardPolicy): void {
    this.#policy = policy;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  async forward(request: ForwardRequest): Promise<Forwarded> {
    if (this.#inFlight >= MAX_IN_FLIGHT) return { kind: "failed", ede: EDE.OVER_QUOTA };
    this.#inFlight++;
    try {
      return await this.#inOrder(request);
    } finally {
      this.#inFlight--;
    }
  }

  async #inOrder(request: ForwardRequest): Promise<Forwarded> {
    let refusal: Uint8Array | undefined;
    let ede: number = EDE.NO_REACHABLE_AUTHORITY;
    for (const server of resolversFor(request.name, this.#policy)) {
      const resolver = formatHostPort(server);
      try {
        const reply = await this.#ask(server, request);
        const result = resultOf(reply);
        this.#parts.count(resolver, result);
        if (result === "answered") return this.#reply(reply, request);
        refusal = reply;
      } catch (error) {
        const result = failureOf(error);
        this.#parts.count(resolver, result);
        if (result === "network_error") ede = EDE.NETWORK_ERROR;
      }
    }
    return refusal ? this.#reply(refusal, request) : { kind: "failed", ede };
  }

  /** Over the client's transport; a truncated answer is fetched whole over TCP, and taken as it is where that fails. */
  async #ask(server: HostPort, { query, questionEnd, stream }: ForwardRequest): Promise<Uint8Array> {
    const { timeoutMs } = this.#policy;
    const request = { query: withId(query, this.#parts.randomId()), questionEnd, server, timeoutMs };
    if (stream) return this.#parts.tcp(request);
    const reply = await this.#parts.udp(request);
    if (!isTruncated(reply)) return reply;
    return this.#parts.tcp(request).catch(() => reply);
  }

  #reply(reply: Uint8Array, { query, questionEnd }: ForwardRequest): Forwarded {
    return { kind: "reply", message: restore(reply, query, questionEnd) };
  }
}

/** The resolvers of the longest zone that the name is in, else the general ones. */
export function resolversFor(name: string, policy: ForwardPolicy): readonly HostPort[] {
  let zone = name.endsWith(".") ? name.slice(0, -1) : name;
  for (;;) {
    if (Object.hasOwn(policy.zoneResolvers, zone)) return policy.zoneResolvers[zone];
    const dot = zone.indexOf(".");
    if (dot < 0) return policy.resolvers;
    zone = zone.slice(dot + 1);
  }
}

function resultOf(reply: Uint8Array): ForwardResult {
  const rcode = rcodeOf(reply);
  if (rcode === RCODE.SERVFAIL) return "servfail";
  return rcode === RCODE.REFUSED ? "refused" : "answered";
}

function failureOf(error: unknown): ForwardResult {
  if (!(error instanceof MesosDnsError)) throw error;
  if (error.code === "FORWARD_TIMEOUT") return "timeout";
  return error.code === "FORWARD_BAD_REPLY" ? "bad_reply" : "network_error";
}
