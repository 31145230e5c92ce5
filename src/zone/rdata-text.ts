import { formatOctets } from "../base/addresses.js";
import { quoteString } from "../base/character-strings.js";
import { toMasterFileName } from "../wire/names.js";
import { readUint16, readUint32 } from "../wire/octets.js";
import { TYPE } from "../wire/protocol.js";
import { nameEnd } from "../wire/readable.js";

/** RDATA as text for a master file (RFC 1035 §5.1), of the types that this server has; others as in RFC 3597 §5. Names are not compressed. */
export function rdataText(type: number, rdata: Uint8Array): string {
  switch (type) {
    case TYPE.A:
    case TYPE.AAAA:
      return formatOctets(rdata);
    case TYPE.NS:
    case TYPE.CNAME:
    case TYPE.PTR:
      return toMasterFileName(rdata, 0);
    case TYPE.SOA: {
      const rname = nameEnd(rdata, 0, rdata.length);
      const numbers = nameEnd(rdata, rname, rdata.length);
      const all = [0, 4, 8, 12, 16].map((at) => readUint32(rdata, numbers + at));
      return `${toMasterFileName(rdata, 0)} ${toMasterFileName(rdata, rname)} ${all.join(" ")}`;
    }
    case TYPE.MX:
      return `${readUint16(rdata, 0)} ${toMasterFileName(rdata, 2)}`;
    case TYPE.SRV: {
      const numbers = [0, 2, 4].map((at) => readUint16(rdata, at));
      return `${numbers.join(" ")} ${toMasterFileName(rdata, 6)}`;
    }
    case TYPE.TXT:
      return strings(rdata).map(quoteString).join(" ");
    case TYPE.CAA: {
      const valueAt = 2 + rdata[1];
      return `${rdata[0]} ${Buffer.from(rdata.subarray(2, valueAt)).toString("latin1")} ${quoteString(rdata.subarray(valueAt))}`;
    }
    default:
      return `\\# ${rdata.length} ${Buffer.from(rdata).toString("hex")}`;
  }
}

/** The character-strings of RDATA. */
function strings(rdata: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < rdata.length; at += rdata[at] + 1) found.push(rdata.subarray(at + 1, at + 1 + rdata[at]));
  return found;
}
