import { decodeName } from "../wire/names.js";
import { RECORD_FIXED, TYPE } from "../wire/protocol.js";
import { Query, VERDICT } from "../wire/query.js";
import { expandName, nameEnd } from "../wire/readable.js";

/** The version of the zone that a client has, as its IXFR query says (RFC 1995 §3). */
export interface ClientVersion {
  readonly serial: number;
  /** The SOA's mname: dotted, lower case, without the final dot; "" if the client does not name it. */
  readonly mname: string;
}

/** A query for AXFR or IXFR. */
export interface TransferQuestion {
  readonly type: typeof TYPE.AXFR | typeof TYPE.IXFR;
  /** Dotted, lower case, without the final dot. */
  readonly zone: string;
  /** Octet behind the question. */
  readonly questionEnd: number;
  /** Index of the TSIG record, or -1. */
  readonly tsigAt: number;
  /** Whether the query has an OPT record, and the payload that it offers. */
  readonly edns: boolean;
  readonly payload: number;
  /** Only for IXFR. */
  readonly version: ClientVersion | undefined;
}

const SERIAL_NUMBERS = 20;

/** Reads a query for a transfer; `undefined` if it is malformed: FORMERR. */
export function readTransferQuery(message: Uint8Array, query: Query = new Query()): TransferQuestion | undefined {
  const verdict = query.read(message, message.length, 0);
  const { type, questionEnd, tsigAt, opt } = query;
  if (verdict !== VERDICT.OK || (type !== TYPE.AXFR && type !== TYPE.IXFR)) return undefined;
  // Nothing stands in the answer section (RFC 5936 §2.1).
  if (message[6] !== 0 || message[7] !== 0) return undefined;
  const version = type === TYPE.IXFR ? readVersion(message, query) : undefined;
  if (type === TYPE.IXFR && !version) return undefined;
  const zone = dotted(query.name);
  return { type, zone, questionEnd, tsigAt, edns: opt.present, payload: opt.payload, version };
}

/** The SOA in the authority section. */
function readVersion(message: Uint8Array, { questionEnd, name, nameLength }: Query): ClientVersion | undefined {
  if (message[8] === 0 && message[9] === 0) return undefined;
  const fixedAt = nameEnd(message, questionEnd, message.length);
  const type = (message[fixedAt] << 8) | message[fixedAt + 1];
  const owner = lowerCase(expandName(message, questionEnd));
  if (type !== TYPE.SOA || Buffer.compare(owner, name.subarray(0, nameLength)) !== 0) return undefined;
  const rdataAt = fixedAt + RECORD_FIXED;
  const end = rdataAt + ((message[fixedAt + 8] << 8) | message[fixedAt + 9]);
  // Query.read() has checked what is in the RDATA, if there is any.
  if (end - rdataAt < SERIAL_NUMBERS) return undefined;
  const serial = new DataView(message.buffer, message.byteOffset + end - SERIAL_NUMBERS).getUint32(0);
  return { serial, mname: dotted(lowerCase(expandName(message, rdataAt))) };
}

function lowerCase(name: Uint8Array): Uint8Array {
  return name.map((octet) => (octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet));
}

/** Without the final dot; the root is "". */
function dotted(name: Uint8Array): string {
  return decodeName(name, 0).slice(0, -1);
}
