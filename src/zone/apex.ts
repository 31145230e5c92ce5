import { encodeName } from "../wire/names.js";
import { TYPE } from "../wire/protocol.js";

/** The SOA's fields (RFC 1035 §3.3.13); names dotted, lower case, without the final dot; times in seconds. */
export interface Soa {
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

/** What a zone says of itself. It stands apart from the shards, so that a new serial changes no shard. */
export interface Apex {
  /** The zone's name; of no use where `scattered`. */
  readonly zone: string;
  /**
   * The zone is no subtree but single names, such as the reverse names of addresses: each is its own apex, and every
   * name that is not among them is somebody else's.
   */
  readonly scattered: boolean;
  readonly ttl: number;
  readonly soa: Soa;
}

const TTL_AT = 4;

/** An apex in wire form, ready to be copied into answers. */
export class ApexRecords {
  readonly apex: Apex;
  /** The zone's name. */
  readonly name: Uint8Array;
  readonly labels: number;
  readonly ttl: number;
  /** The SOA record from its type on: its owner is a pointer the answer knows. */
  readonly soa: Uint8Array;
  /** The same for negative answers: its TTL is the smaller of SOA TTL and minimum (RFC 2308 §3). */
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
