import packet, { type Answer, type Packet } from "dns-packet";
import type { Ignored, Link, UpstreamQuery } from "../../../src/forward/link.js";
import { matchQuestion } from "../../../src/forward/match.js";
import { decode, type Message } from "../../support/dns.js";
import type { ManualTimers } from "../../support/timers.js";

/** The result of a query to a scripted upstream: a message, no reply, or a network error. */
export type Said = Buffer | undefined | "refused";
export type Script = (query: Message, via: "udp" | "tcp") => Said;

const TC = 0x0200;
const RA = 0x0080;
const AA = 0x0400;

export interface Told {
  readonly answers?: readonly Answer[];
  readonly authorities?: readonly Answer[];
  readonly additionals?: readonly object[];
  readonly rcode?: number;
  readonly flags?: number;
  /** Options of its OPT record; undefined for a reply without one. */
  readonly options?: readonly { code: number; data: Buffer }[];
  /** The name in the reply's question, if it is not that of the query. */
  readonly name?: string;
}

export const RCODES = { FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

/** An upstream's reply to a query. */
export function say(query: Message, told: Told = {}): Buffer {
  const { answers = [], authorities = [], additionals = [], rcode = 0, flags = 0, options, name } = told;
  const opt = options && { type: "OPT", name: ".", udpPayloadSize: 1232, flags: 0, options };
  const [question] = query.questions ?? [];
  const message: Packet = {
    type: "response",
    id: query.id ?? 0,
    flags: RA | AA | flags | rcode,
    questions: question ? [{ ...question, name: name ?? question.name }] : [],
    answers: [...answers],
    authorities: [...authorities],
    additionals: [...additionals, ...(opt ? [opt] : [])] as NonNullable<Packet["additionals"]>,
  };
  return packet.encode(message);
}

export function a(name: string, data = "192.0.2.1", ttl = 300): Answer {
  return { name, type: "A", ttl, data };
}

export function soa(name: string, ttl: number, minimum: number): Answer {
  const data = { mname: "ns.example", rname: "root.example", serial: 1, refresh: 2, retry: 3, expire: 4, minimum };
  return { name, type: "SOA", ttl, data };
}

/** The name that a query asks for, in lower case. */
export function asked(query: Message): string {
  return query.questions?.[0]?.name.toLowerCase() ?? "";
}

/** Answers every name with an address of the family asked for. */
export const answering: Script = (query) => {
  const isIpv6 = query.questions?.[0]?.type === "AAAA";
  const record: Answer = isIpv6 ? { ...a(asked(query)), type: "AAAA", data: "2001:db8::1" } : a(asked(query));
  return say(query, { answers: [record], options: [] });
};
export const silent: Script = () => undefined;
export const networkError: Script = () => "refused";
export const truncating = (query: Message): Buffer => say(query, { flags: TC, options: [] });
export const failing =
  (rcode: number): Script =>
  (query) =>
    say(query, { rcode, options: [] });

/** Types of probes; tests must ask for other types. */
const PROBE_TYPES: ReadonlySet<string> = new Set(["NS", "SOA"]);

/** An upstream that replies by a script, after `delay` milliseconds. */
export class ScriptedServer {
  script: Script;
  delay: number;
  /** Whether its links have been closed. */
  closed = false;
  /** All queries but probes and loop checks. */
  readonly queries: { readonly message: Message; readonly via: "udp" | "tcp"; readonly octets: Buffer }[] = [];
  /** Probes and loop checks. */
  readonly probes: Message[] = [];
  /** The script for those. */
  probed: Script = (query) => say(query, { rcode: RCODES.NXDOMAIN });

  constructor(script: Script, delay = 0) {
    this.script = script;
    this.delay = delay;
  }

  get names(): string[] {
    return this.queries.map(({ message }) => asked(message));
  }

  answer(octets: Buffer, via: "udp" | "tcp"): Said {
    const message = decode(octets);
    const isProbe = asked(message).includes("loop-check") || PROBE_TYPES.has(message.questions?.[0]?.type ?? "");
    if (isProbe) this.probes.push(message);
    else this.queries.push({ message, via, octets });
    return (isProbe ? this.probed : this.script)(message, via);
  }
}

/** A link without sockets to a scripted upstream. */
export class ScriptedLink implements Link {
  readonly #server: ScriptedServer;
  readonly #via: "udp" | "tcp";
  readonly #timers: ManualTimers;
  readonly #ignored: (reason: Ignored) => void;
  readonly #waiting = new Map<UpstreamQuery, number>();
  #closed = false;

  constructor(server: ScriptedServer, via: "udp" | "tcp", timers: ManualTimers, ignored: (reason: Ignored) => void) {
    this.#server = server;
    this.#via = via;
    this.#timers = timers;
    this.#ignored = ignored;
  }

  get inFlight(): number {
    return this.#waiting.size;
  }

  send(sentQuery: UpstreamQuery): void {
    if (this.#closed) return;
    this.#waiting.set(sentQuery, this.#timers.now());
    const said = this.#server.answer(Buffer.from(sentQuery.query), this.#via);
    if (said !== undefined) this.#timers.after(this.#server.delay, () => this.#receive(sentQuery, said));
  }

  #receive(sentQuery: UpstreamQuery, said: Buffer | "refused"): void {
    const sentAt = this.#waiting.get(sentQuery);
    const match = said === "refused" ? "exact" : matchQuestion(said, sentQuery.query, sentQuery.questionEnd);
    if (sentAt === undefined || match === "other") {
      this.#ignored(sentAt === undefined ? "unexpected" : "question");
      return;
    }
    this.#waiting.delete(sentQuery);
    if (said === "refused") sentQuery.failed("connection refused");
    else sentQuery.replied(new Uint8Array(said), match === "exact", this.#timers.now() - sentAt);
  }

  expire(before: number): void {
    for (const [sentQuery, sentAt] of this.#waiting) if (sentAt < before) this.#waiting.delete(sentQuery);
  }

  forgetUnwanted(): void {
    for (const sentQuery of this.#waiting.keys()) if (!sentQuery.isWanted) this.#waiting.delete(sentQuery);
  }

  close(): void {
    this.#closed = true;
    this.#server.closed = true;
    this.#waiting.clear();
  }
}
