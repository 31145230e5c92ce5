import { writeUint16 } from "../../wire/octets.js";
import { CLASS, HEADER, MAX_UDP_QUERY, OPCODE, QR, TYPE } from "../../wire/protocol.js";
import type { ApexRecords } from "../../zone/apex.js";
import { soaOf } from "../contents.js";

const AA = 0x04;
const OPCODE_SHIFT = 3;
const OPCODE_MASK = 0x0f;

/** A NOTIFY (RFC 1996 §3) with the zone's SOA in its answer section. There is room behind it for a signature. */
export function notifyMessage(id: number, zone: ApexRecords): { readonly octets: Uint8Array; readonly length: number } {
  const octets = new Uint8Array(MAX_UDP_QUERY);
  writeUint16(octets, 0, id);
  octets[2] = (OPCODE.NOTIFY << OPCODE_SHIFT) | AA;
  writeUint16(octets, 4, 1);
  writeUint16(octets, 6, 1);
  octets.set(zone.name, HEADER);
  let at = HEADER + zone.name.length;
  at = writeUint16(octets, writeUint16(octets, at, TYPE.SOA), CLASS.IN);
  const soa = soaOf(zone);
  octets.set(soa, at);
  return { octets, length: at + soa.length };
}

/** The id and the rcode of an answer to a NOTIFY; `undefined` for any other message. */
export function readNotifyAnswer(message: Uint8Array): { readonly id: number; readonly rcode: number } | undefined {
  const isAnswer = message.length >= HEADER && (message[2] & QR) !== 0;
  if (!isAnswer || ((message[2] >>> OPCODE_SHIFT) & OPCODE_MASK) !== OPCODE.NOTIFY) return undefined;
  return { id: (message[0] << 8) | message[1], rcode: message[3] & 0x0f };
}
