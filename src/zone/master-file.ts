import { inChunks } from "../base/text-chunks.js";
import { encodeName, toMasterFileName } from "../wire/names.js";
import { TYPE, typeName } from "../wire/protocol.js";
import type { Apex } from "./apex.js";
import { recordsOf, type StoredSet } from "./dump.js";
import type { Snapshot } from "./snapshot.js";

/** Names that need no escaping in a master file. */
const PLAIN = /^(?:\*\.)?[\w.-]+$/;

/**
 * A zone as a master file (RFC 1035 §5), in chunks of text: the SOA and NS records, then all others in the canonical
 * order of their names (RFC 4034 §6.1), so that two files can be compared line by line. All names are absolute.
 *
 * @param zone index in the snapshot's zones
 */
export function toMasterFile(snapshot: Snapshot, zone: number): Generator<string> {
  return inChunks(lines(snapshot, zone));
}

function* lines(snapshot: Snapshot, zone: number): Generator<string> {
  const { apex, name } = snapshot.zones[zone];
  const origin = toMasterFileName(name, 0);
  yield `$ORIGIN ${origin}\n$TTL ${apex.ttl}\n`;
  yield `${origin}\tIN\tSOA\t${soaData(apex)}\n`;
  for (const set of recordsOf(snapshot, TYPE.NS, zone)) if (set.isOfApex) yield* recordLines(set, apex.ttl);
  for (const set of inCanonicalOrder(snapshot, zone)) yield* recordLines(set, apex.ttl);
}

function soaData({ soa }: Apex): string {
  const numbers = [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum];
  return `${masterFileName(soa.mname)} ${masterFileName(soa.rname)} ${numbers.join(" ")}`;
}

function* recordLines(set: StoredSet, ttl: number): Generator<string> {
  const owner = escaped(set.name, set.wireName);
  const own = set.ttl(ttl) === ttl ? "" : `${set.ttl(ttl)}\t`;
  for (let i = 0; i < set.size; i++) yield `${owner}\t${own}IN\t${recordData(set, i)}\n`;
}

/** A record's type and data, with a tab between them. */
export function recordData(set: StoredSet, record: number): string {
  if (set.isPrepared) return `${typeName(set.type)}\t${set.rdata(record)}`;
  switch (set.type) {
    case TYPE.A:
      return `A\t${set.address(record)}`;
    case TYPE.AAAA:
      return `AAAA\t${set.address(record)}`;
    case TYPE.TXT:
      return `TXT\t"${set.text(record)}"`;
    case TYPE.PTR:
      return `PTR\t${escaped(set.target(record), set.wireTarget(record))}`;
    case TYPE.NS:
      return `NS\t${escaped(set.target(record), set.wireTarget(record))}`;
    case TYPE.SRV: {
      const { priority, weight, port, target } = set.service(record);
      return `SRV\t${priority} ${weight} ${port} ${escaped(target, set.wireTarget(record))}`;
    }
    default:
      throw new Error(`no master file format for records of type ${set.type}`);
  }
}

/** The name in the notation of a master file. Nearly always nothing needs escaping, and the given text is returned at once. */
function escaped(name: string, wireName: Uint8Array): string {
  return PLAIN.test(name) ? name : toMasterFileName(wireName, 0);
}

function inCanonicalOrder(snapshot: Snapshot, zone: number): StoredSet[] {
  const keyed: { key: string; set: StoredSet }[] = [];
  for (const set of recordsOf(snapshot, undefined, zone)) {
    if (set.type !== TYPE.NS || !set.isOfApex) keyed.push({ key: canonicalKey(set.wireName), set });
  }
  keyed.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)) || a.set.type - b.set.type);
  return keyed.map(({ set }) => set);
}

/**
 * A text that sorts in the canonical order of its name: the labels from the last to the first, with 1 added to each octet. That
 * leaves the character 0 as the separator of labels, which sorts below every octet of a label.
 */
function canonicalKey(wireName: Uint8Array): string {
  const labels: string[] = [];
  for (let at = 0; wireName[at] !== 0; at += wireName[at] + 1) {
    const label = wireName.subarray(at + 1, at + 1 + wireName[at]);
    labels.push(String.fromCharCode(...Array.from(label, (octet) => octet + 1)));
  }
  return labels.reverse().join("\0");
}

function masterFileName(dotted: string): string {
  return toMasterFileName(encodeName(dotted), 0);
}
