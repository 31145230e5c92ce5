import { encodeName } from "../wire/names.js";
import { RCODE, TYPE } from "../wire/protocol.js";
import type { Query } from "../wire/query.js";
import { ApexRecords } from "../zone/apex.js";

/**
 * Names that have a meaning on this machine or this network only, or none at all. This server answers for them itself: forwarding
 * them would disclose facts about the network and burden servers that have no answer.
 */

/** Seconds, from RFC 6303 §3. */
export const LOCAL_TTL = 10_800;
const REFRESH = 3600;
const RETRY = 1200;
const EXPIRE = 604_800;

/** Zones in which no name exists: RFC 6761 §6.2 and §6.4, RFC 7686 §2. */
const NONEXISTENT = ["test", "invalid", "onion"];

/** Reverse zones of private and special addresses (RFC 6303 §4), and of shared addresses (RFC 7793 §2). */
const PRIVATE_REVERSE = [
  "10.in-addr.arpa",
  ...range(16, 31).map((octet) => `${octet}.172.in-addr.arpa`),
  "168.192.in-addr.arpa",
  ...range(64, 127).map((octet) => `${octet}.100.in-addr.arpa`),
  "0.in-addr.arpa",
  "127.in-addr.arpa",
  "254.169.in-addr.arpa",
  "2.0.192.in-addr.arpa",
  "100.51.198.in-addr.arpa",
  "113.0.203.in-addr.arpa",
  "255.255.255.255.in-addr.arpa",
  `${"0.".repeat(32)}ip6.arpa`,
  `1.${"0.".repeat(31)}ip6.arpa`,
  "d.f.ip6.arpa",
  "8.e.f.ip6.arpa",
  "9.e.f.ip6.arpa",
  "a.e.f.ip6.arpa",
  "b.e.f.ip6.arpa",
  "8.b.d.0.1.0.0.2.ip6.arpa",
];

const LOCALHOST_A = Uint8Array.of(127, 0, 0, 1);
const LOCALHOST_AAAA = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

/** Labels of the reverse name of a complete address, `in-addr.arpa` or `ip6.arpa` included. */
const IPV4_LABELS = 6;
const IPV6_LABELS = 34;

export interface LocalAnswer {
  readonly rcode: number;
  /** RDATA of the only record, which has the type asked for; undefined for a negative answer. */
  readonly rdata: Uint8Array | undefined;
  /** TTL of the record, in seconds. */
  readonly ttl: number;
  /** The SOA of a negative answer, and the number of labels of its owner, which is a suffix of the question's name. */
  readonly soa: Uint8Array;
  readonly soaLabels: number;
}

/** One slot for each length of a label, up to 63, and each value of its first octet. */
const TOP_LABEL_SLOTS = 64 * 256;

function topLabelSlot(size: number, first: number): number {
  return (size << 8) | first;
}

type Kind = "localhost" | "nonexistent" | "reverse";

/** A zone of local names; without a kind, a zone whose names are forwarded although it may be inside a local one. */
interface LocalZone {
  readonly kind: Kind | undefined;
  readonly apex: ApexRecords;
  readonly nsdname: Uint8Array;
}

/**
 * Second label of the names for loop checks. The server asks its upstreams for a name below it that only it knows. If it receives
 * that query, the upstream sends queries back to it, and it answers.
 */
export const LOOP_LABEL = "loop-check";

/** Answers for local names, which are outside the cluster's zones. */
export class LocalNames {
  readonly #zones = new Map<string, LocalZone>();
  /** 1 for the length and first octet of each zone's last label: rules out most questions at once. */
  readonly #topLabels = new Uint8Array(TOP_LABEL_SLOTS);
  readonly #loopPrefix: Uint8Array;
  readonly #loopAnswer: LocalAnswer;

  /**
   * @param elsewhere zones (lower case, no final dot) that have upstreams of their own
   * @param loopToken first label, lower case, of this server's loop checks
   * @param reverseTtl negative TTL of private reverse zones, in seconds: a task may get any of their addresses soon
   */
  constructor(elsewhere: readonly string[], loopToken: string, reverseTtl = LOCAL_TTL) {
    this.#add("localhost", "localhost");
    for (const zone of NONEXISTENT) this.#add(zone, "nonexistent");
    for (const zone of PRIVATE_REVERSE) this.#add(zone, "reverse", reverseTtl);
    for (const zone of elsewhere) this.#add(zone, undefined);
    for (const name of this.#zones.keys()) {
      const top = name.slice(name.lastIndexOf(".") + 1);
      this.#topLabels[topLabelSlot(Buffer.byteLength(top), Buffer.from(top)[0])] = 1;
    }
    this.#loopPrefix = encodeName(`${loopToken}.${LOOP_LABEL}`).subarray(0, -1);
    const rdata = characterString(Buffer.from(loopToken));
    this.#loopAnswer = { rcode: RCODE.NOERROR, rdata, ttl: 0, soa: new Uint8Array(0), soaLabels: 0 };
  }

  /** The answer, or undefined if the name is to be forwarded. */
  answer(query: Query): LocalAnswer | undefined {
    if (this.#isOwnLoopCheck(query)) return this.#loopAnswer;
    if (query.labels === 0) return undefined;
    const top = query.labelAt[query.labels - 1];
    if (this.#topLabels[topLabelSlot(query.name[top], query.name[top + 1])] === 0) return undefined;
    for (let labels = query.labels; labels > 0; labels--) {
      const zone = this.#zones.get(nameText(query, labels));
      if (zone) return answerIn(zone, query, labels);
    }
    return undefined;
  }

  #isOwnLoopCheck(query: Query): boolean {
    const prefix = this.#loopPrefix;
    if (query.type !== TYPE.TXT || query.nameLength <= prefix.length) return false;
    for (let i = 0; i < prefix.length; i++) if (query.name[i] !== prefix[i]) return false;
    return true;
  }

  #add(name: string, kind: Kind | undefined, negativeTtl = LOCAL_TTL): void {
    const soa = {
      mname: name,
      rname: "nobody.invalid",
      serial: 1,
      refresh: REFRESH,
      retry: RETRY,
      expire: EXPIRE,
      minimum: negativeTtl,
    };
    const apex = new ApexRecords({ zone: name, scattered: false, ttl: LOCAL_TTL, soa, answers: {} });
    this.#zones.set(name, { kind, apex, nsdname: encodeName(name) });
  }
}

function answerIn({ kind, apex, nsdname }: LocalZone, query: Query, labels: number): LocalAnswer | undefined {
  const negative = { rdata: undefined, ttl: LOCAL_TTL, soa: apex.negativeSoa, soaLabels: labels };
  const positive = { ...negative, rcode: RCODE.NOERROR };
  switch (kind) {
    case "localhost":
      // RFC 6761 §6.3: every name in the zone has the loopback address.
      if (query.type === TYPE.A) return { ...positive, rdata: LOCALHOST_A };
      return query.type === TYPE.AAAA ? { ...positive, rdata: LOCALHOST_AAAA } : positive;
    case "nonexistent":
      return { ...negative, rcode: RCODE.NXDOMAIN };
    case "reverse":
      if (query.labels === labels && query.type === TYPE.SOA)
        return { ...positive, rdata: apex.soa.subarray(SOA_FIXED) };
      if (query.labels === labels && query.type === TYPE.NS) return { ...positive, rdata: nsdname };
      // The reverse name of a partial address may have names of the cluster below it: then it exists (RFC 8020).
      return query.labels === labels || isPartOfAddress(query) ? positive : { ...negative, rcode: RCODE.NXDOMAIN };
    default:
      return undefined;
  }
}

/** Octets of type, class, TTL and RDLENGTH in front of an SOA's RDATA. */
const SOA_FIXED = 10;

function isPartOfAddress(query: Query): boolean {
  const isIpv6 = labelText(query, query.labels - 2) === "ip6";
  return query.labels < (isIpv6 ? IPV6_LABELS : IPV4_LABELS);
}

/** RDATA of a TXT record with one character-string (RFC 1035 §3.3.14). */
export function characterString(text: Uint8Array): Uint8Array {
  return Uint8Array.of(text.length, ...text);
}

/** Label `index` of the question's name, as text. */
function labelText({ name, labelAt }: Query, index: number): string {
  const at = labelAt[index];
  return String.fromCharCode(...name.subarray(at + 1, at + 1 + name[at]));
}

/** The last labels of the question's name, dotted. A label that contains a dot is escaped, so that it does not look like two. */
function nameText(query: Query, labels: number): string {
  let text = "";
  for (let i = query.labels - labels; i < query.labels; i++) {
    const label = labelText(query, i);
    text += label.includes(".") ? `\\${label}.` : `${label}.`;
  }
  return text.slice(0, -1);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
