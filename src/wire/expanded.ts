import { RECORD_FIXED, TYPE } from "./protocol.js";
import { expandName, nameEnd, namesIn } from "./readable.js";
import type { Reply } from "./reply.js";
import { readTtl, recordEnd, STALE_TTL, ttlPlace } from "./reply-records.js";

/** A record without compression. */
export interface ExpandedRecord {
  readonly owner: Uint8Array;
  readonly type: number;
  /** In seconds. */
  readonly ttl: number;
  readonly rdata: Uint8Array;
}

/** Octets in front of a reply's records in its message: the header, and type and class of the question. */
const AROUND_QUESTION = 16;
const HEADER = 12;

/**
 * The first `count` records of a reply, to be written where its compression pointers lead nowhere.
 *
 * @param name of its question, in wire form
 * @param age seconds since it arrived; negative if it is stale
 */
export function expandedRecords(reply: Reply, name: Uint8Array, count: number, age: number): readonly ExpandedRecord[] {
  const start = AROUND_QUESTION + name.length;
  const message = new Uint8Array(start + reply.end);
  message.set(name, HEADER);
  message.set(reply.octets.subarray(0, reply.end), start);
  return Array.from({ length: count }, (_, i) => {
    const ownerAt = start + (i === 0 ? 0 : recordEnd(reply, i - 1));
    const fixedAt = nameEnd(message, ownerAt, message.length);
    const type = (message[fixedAt] << 8) | message[fixedAt + 1];
    const ttl = age < 0 ? STALE_TTL : readTtl(reply.octets, ttlPlace(reply.octets, reply.end, i)) - age;
    const rdata = expandedRdata(message, type, fixedAt + RECORD_FIXED, start + recordEnd(reply, i));
    return { owner: expandName(message, ownerAt), type, ttl, rdata };
  });
}

/** Whether a record is an SOA, which says for how long a negative answer holds. */
export function isSoa({ type }: ExpandedRecord): boolean {
  return type === TYPE.SOA;
}

function expandedRdata(message: Uint8Array, type: number, at: number, end: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let from = at;
  for (const { start, behind } of namesIn(message, type, at, end)) {
    parts.push(message.subarray(from, start), expandName(message, start));
    from = behind;
  }
  return Buffer.concat([...parts, message.subarray(from, end)]);
}
