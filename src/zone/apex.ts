import { type AnswerRules, SCATTERED, type SoaSpec, type ZoneSpec } from "../views/zone-spec.js";
import { encodeName } from "../wire/names.js";
import { TYPE } from "../wire/protocol.js";

/** The SOA's fields (RFC 1035 §3.3.13). */
export interface Soa extends SoaSpec {
  readonly serial: number;
}

/**
 * A zone's own data in plain values, to be sent between threads. It is kept apart from the shards, so that a new serial changes no
 * shard.
 */
export interface Apex {
  /** The zone's name; meaningless if `scattered`. */
  readonly zone: string;
  /**
   * The zone consists of single names, and is not a subtree (`SCATTERED`).
   */
  readonly scattered: boolean;
  readonly ttl: number;
  readonly soa: Soa;
  readonly answers: AnswerRules;
}

/** The apexes of zones. All get this serial. */
export function apexesOf(zones: readonly ZoneSpec[], serial: number): readonly Apex[] {
  return zones.map(({ name, ttl, soa, answers = USUAL }) => ({
    zone: name,
    scattered: name === SCATTERED,
    ttl,
    soa: { ...soa, serial },
    answers,
  }));
}

const USUAL: AnswerRules = {};
const TTL_AT = 4;

/** An apex in wire form, ready to be copied into answers. */
export class ApexRecords {
  readonly apex: Apex;
  /** The zone's name. */
  readonly name: Uint8Array;
  readonly labels: number;
  readonly ttl: number;
  /** The SOA record from its type on. Its owner is a compression pointer, which the answer writes. */
  readonly soa: Uint8Array;
  /** The same for negative answers: its TTL is the smaller of the SOA's TTL and minimum field (RFC 2308 §3). */
  readonly negativeSoa: Uint8Array;

  constructor(apex: Apex) {
    this.apex = apex;
    this.ttl = apex.ttl;
    this.name = encodeName(apex.zone);
    this.labels = apex.zone === "" ? 0 : apex.zone.split(".").length;
    this.soa = soaRecord(apex.soa, apex.ttl);
    this.negativeSoa = soaRecord(apex.soa, Math.min(apex.ttl, apex.soa.minimum));
  }
}

function soaRecord(soa: Soa, ttl: number): Uint8Array {
  const mname = encodeName(soa.mname);
  const rname = encodeName(soa.rname);
  const rdlength = mname.length + rname.length + 20;
  const record = new Uint8Array(10 + rdlength);
  const view = new DataView(record.buffer);
  view.setUint16(0, TYPE.SOA);
  view.setUint16(2, 1);
  view.setUint32(TTL_AT, ttl);
  view.setUint16(8, rdlength);
  record.set(mname, 10);
  record.set(rname, 10 + mname.length);
  const numbers = 10 + mname.length + rname.length;
  [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum].forEach((value, i) => {
    view.setUint32(numbers + i * 4, value);
  });
  return record;
}
