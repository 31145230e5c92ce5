import { Answerer } from "../../src/answer/answer.js";
import { LocalNames } from "../../src/answer/local-names.js";
import type { AnswerPolicy } from "../../src/answer/policy.js";
import { type Channel, type Client, Request } from "../../src/answer/request.js";
import { parseAddress } from "../../src/base/addresses.js";
import { SCATTERED } from "../../src/views/zone-spec.js";
import { TsigKeys } from "../../src/wire/tsig.js";
import type { Apex } from "../../src/zone/apex.js";
import { type CompiledZones, compileZones, type ZoneContent } from "../../src/zone/compile.js";
import { RecordSet } from "../../src/zone/record-set.js";
import { Snapshot } from "../../src/zone/snapshot.js";

export const SEED = 0x5eed;

export const APEX: Apex = {
  zone: "mesos",
  scattered: false,
  answers: {},
  ttl: 60,
  soa: {
    mname: "ns1.mesos",
    rname: "root.ns1.mesos",
    serial: 1_700_000_000,
    refresh: 60,
    retry: 600,
    expire: 86_400,
    minimum: 30,
  },
};

/** Addresses for documentation stand for public ones here; their reverse names would be local ones. */
const PUBLIC_REVERSE = ["2.0.192.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"];

export const LOOP_TOKEN = "0123456789abcdef0123456789abcdef";

export const POLICY: AnswerPolicy = {
  maxUdpPayload: 1232,
  setTruncateBit: true,
  recursionAvailable: true,
  forwarding: false,
  localNames: new LocalNames(PUBLIC_REVERSE, LOOP_TOKEN),
  identity: { version: undefined, id: undefined },
  cookies: undefined,
  keys: new TsigKeys([]),
};

/** A client that may everything. */
export const CLIENT: Client = { octets: Uint8Array.of(192, 0, 2, 77), mayQuery: true, mayRecurse: true };
export const STREAM: Channel = { stream: true, encrypted: false, keepalive: 300, transport: 0, transfers: true };
export const DATAGRAM: Channel = { stream: false, encrypted: false, keepalive: -1, transport: 0, transfers: true };

interface Asking {
  readonly out: Uint8Array;
  readonly channel?: Channel;
  readonly client?: Client;
  /** Octets of the query, where the buffer is longer. */
  readonly length?: number;
}

/** A request with this query: of a client that may everything, in a datagram. */
export function requestOf(query: Uint8Array, { out, channel = DATAGRAM, client = CLIENT, length }: Asking): Request {
  const request = new Request(channel, out);
  request.set(query, length ?? query.length, client);
  return request;
}

/** Seconds since the epoch, as answerers of tests see it. */
export const NOW = 1_700_000_000;

/** Of the zone of reverse names, which is scattered. */
export const REVERSE_APEX: Apex = { ...APEX, zone: SCATTERED, scattered: true };

/**
 * Records written as lines: `name A 192.0.2.1`, `name AAAA 2001:db8::1`, `name SRV target port`, `name PTR target`; with
 * ` standby` behind for those on standby.
 */
export function recordSet(lines: readonly string[], apex = APEX.zone): RecordSet {
  const set = new RecordSet(apex, SEED);
  addRecords(set, lines);
  return set;
}

export function addRecords(set: RecordSet, lines: readonly string[]): void {
  for (const line of lines) {
    const standby = line.endsWith(" standby");
    const [name, type, value, port] = line.split(" ");
    if (type === "SRV") {
      set.service(name, value, Number(port), standby);
      continue;
    }
    if (type === "PTR") {
      set.pointer(name, value);
      continue;
    }
    const address = parseAddress(value);
    if (!address) throw new Error(`no address in "${line}"`);
    set.address(name, address, standby);
  }
}

export function zoneContent(lines: readonly string[], apex: Apex = APEX): ZoneContent {
  return {
    nameServers: [apex.soa.mname],
    srvPrefix: 1,
    records: recordSet(lines, apex.zone),
  };
}

export function compileLines(lines: readonly string[], previous?: readonly SharedArrayBuffer[]): CompiledZones {
  return compileZones([zoneContent(lines)], { previous });
}

/** A ready snapshot of one zone `mesos` with these records. */
export function snapshotOf(lines: readonly string[], apex: Apex = APEX): Snapshot {
  return snapshotOfZones([[apex, lines]]);
}

/** A ready snapshot of several zones. */
export function snapshotOfZones(zones: readonly (readonly [apex: Apex, lines: readonly string[]])[]): Snapshot {
  const apexes = zones.map(([apex]) => apex);
  const { shards } = compileZones(zones.map(([apex, lines]) => zoneContent(lines, apex)));
  return Snapshot.empty(apexes).with({
    generation: 1,
    seed: SEED,
    apexes,
    ready: true,
    shards: shards.map((memory, index) => [index, memory] as const),
  });
}

/** An answerer for such a zone that always starts sets at their first record, unless told otherwise. */
export function answererOf(lines: readonly string[], policy: Partial<AnswerPolicy> = {}, random = () => 0): Answerer {
  return new Answerer({ snapshot: snapshotOf(lines), policy: { ...POLICY, ...policy }, random, clock: () => NOW });
}
