import packet, { type Packet } from "dns-packet";
import { expect } from "vitest";
import type { Channel, Client } from "../../../src/answer/request.js";
import { createRandom, type Random } from "../../../src/base/random.js";
import type { Resolver } from "../../../src/config/config.js";
import { readResolver } from "../../../src/config/names.js";
import { CachingForwarder, type ForwardPolicy } from "../../../src/forward/forwarder.js";
import type { MakeLinks, Upstream } from "../../../src/forward/upstream.js";
import { UDP } from "../../../src/serving/channels.js";
import { type DnsService, PENDING } from "../../../src/serving/service.js";
import { type Ask, decode, encodeQuery, type Message } from "../../support/dns.js";
import { serviceOf } from "../../support/service.js";
import { ManualTimers } from "../../support/timers.js";
import { answererOf, CLIENT, LOOP_TOKEN, requestOf } from "../../support/zone.js";
import { CACHE, FORWARDING } from "../config/support.js";
import { answering, type Script, ScriptedLink, ScriptedServer } from "./scripted-server.js";

export * from "./scripted-server.js";

export const POLICY: ForwardPolicy = {
  resolvers: [],
  zoneResolvers: {},
  authorities: undefined,
  policy: "sequential",
  mixedCase: true,
  timeoutMs: 5_000,
  limits: FORWARDING,
  cache: CACHE,
};

export function resolver(text: string): Resolver {
  const read = readResolver(text);
  if (!read) throw new Error(`no resolver: ${text}`);
  return read;
}

export interface RigOptions extends Partial<Omit<ForwardPolicy, "resolvers" | "zoneResolvers" | "cache" | "limits">> {
  /** Zone to the addresses of its upstreams. */
  readonly zones?: Readonly<Record<string, readonly string[]>>;
  readonly cache?: Partial<ForwardPolicy["cache"]>;
  readonly limits?: Partial<ForwardPolicy["limits"]>;
  readonly random?: Random;
  /** Random numbers that decide which of several addresses comes first. */
  readonly order?: () => number;
}

/** The answer that a client has received; undefined until then. */
export interface Got {
  message: Message | undefined;
  octets: Uint8Array | undefined;
}

/**
 * A server that forwards to scripted upstreams. Tests ask through `DnsService`, as transports do, and check what clients get and
 * what upstreams receive. Time stands still until a test moves it.
 */
export class Rig {
  readonly timers = new ManualTimers();
  readonly health: string[] = [];
  /** Upstreams found to mind letter case. */
  readonly minding: string[] = [];
  readonly forwarder: CachingForwarder;
  readonly service: DnsService;
  readonly servers: Readonly<Record<string, ScriptedServer>>;
  readonly #out = new Uint8Array(65_535);

  /** @param servers upstreams by address, in the configuration's notation; those in no zone are asked for all other names */
  constructor(servers: Readonly<Record<string, ScriptedServer>>, options: RigOptions = {}) {
    this.servers = servers;
    const makeLinks: MakeLinks = ({ host, tlsName }, _authorities, ignored) => {
      const server = servers[tlsName === undefined ? host : `tls://${host}`];
      const stream = new ScriptedLink(server, "tcp", this.timers, ignored);
      const datagrams = new ScriptedLink(server, "udp", this.timers, ignored);
      return tlsName === undefined ? { datagrams, stream } : { datagrams: undefined, stream };
    };
    const random = options.random ?? createRandom(7);
    const parts = {
      makeLinks,
      timers: this.timers,
      random16: () => random() >>> 16,
      loopToken: LOOP_TOKEN,
      onHealth: ({ name, isUp, looping }: Upstream) => {
        this.health.push(`${name} ${looping ? "loops" : isUp ? "up" : "down"}`);
      },
      onMindsCase: ({ name }: Upstream) => this.minding.push(name),
    };
    this.forwarder = new CachingForwarder(parts, this.policy(options));
    this.service = serviceOf(answererOf([], { forwarding: true }, options.order), this.forwarder).service;
  }

  policy({ zones = {}, cache, limits, random: _, order: __, ...rest }: RigOptions = {}): ForwardPolicy {
    const lists = Object.entries(zones).map(([zone, list]) => [zone, list.map(resolver)] as const);
    const inZones = new Set(Object.values(zones).flat());
    const others = Object.keys(this.servers).filter((address) => !inZones.has(address));
    return {
      ...POLICY,
      resolvers: others.map(resolver),
      ...rest,
      zoneResolvers: Object.fromEntries(lists),
      cache: { ...CACHE, ...cache },
      limits: { ...FORWARDING, ...limits },
    };
  }

  /** Sends a query. Throws if it is answered twice. */
  put(query: Buffer, client: Client = CLIENT, channel: Channel = UDP): Got {
    const got: Got = { message: undefined, octets: undefined };
    const take = (octets: Uint8Array) => {
      if (got.message) throw new Error("answered twice");
      got.octets = octets;
      got.message = decode(octets);
    };
    const size = this.service.handle(requestOf(query, { out: this.#out, client, channel }), () => take);
    if (size !== PENDING) take(this.#out.slice(0, size));
    return got;
  }

  ask(name: string, options: Ask = {}, client?: Client): Got {
    return this.put(encodeQuery(name, { edns: 1232, ...options }), client);
  }

  /** Asks, lets time pass, and returns the answer. Throws if there is none within `ms` milliseconds. */
  get(name: string, options: Ask = {}, ms = 0): Message {
    const got = this.ask(name, options);
    this.timers.pass(ms);
    if (!got.message) throw new Error(`no answer for ${name} within ${ms} ms`);
    return got.message;
  }

  /** Expects that there is no timer, no waiting client and no pending question left. */
  expectIdle(): void {
    const { waiting, questions } = this.forwarder.report();
    expect({ timers: this.timers.pending, waiting, questions, pending: this.service.pending }).toEqual({
      timers: 0,
      waiting: 0,
      questions: 0,
      pending: 0,
    });
  }
}

/** A rig with one upstream at 192.0.2.53. */
export function rigOf(script: Script = answering, options: RigOptions = {}): { rig: Rig; server: ScriptedServer } {
  const server = new ScriptedServer(script);
  return { rig: new Rig({ "192.0.2.53": server }, options), server };
}

/** A query with options in its OPT record. */
export function withOptions(name: string, options: readonly { code: number; data: Buffer }[]): Buffer {
  const opt = { type: "OPT", name: ".", udpPayloadSize: 1232, flags: 0, options };
  const additionals = [opt] as unknown as NonNullable<Packet["additionals"]>;
  return packet.encode({ type: "query", id: 1, flags: 0x0100, questions: [{ name, type: "A" }], additionals });
}

/** The client with the address 192.0.2.`last`. */
export function clientOf(last: number): Client {
  return { ...CLIENT, octets: Uint8Array.of(192, 0, 2, last) };
}
