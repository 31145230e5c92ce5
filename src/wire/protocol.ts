import { Packet } from "dns2";

/** Numbers of the protocol, by their usual names. Values of IANA's registries come from dns2. */

export const TYPE = {
  A: Packet.TYPE.A,
  NS: Packet.TYPE.NS,
  CNAME: Packet.TYPE.CNAME,
  SOA: Packet.TYPE.SOA,
  PTR: Packet.TYPE.PTR,
  MX: Packet.TYPE.MX,
  TXT: Packet.TYPE.TXT,
  AAAA: Packet.TYPE.AAAA,
  SRV: Packet.TYPE.SRV,
  DS: 43,
  OPT: Packet.TYPE.EDNS,
  TSIG: 250,
  IXFR: 251,
  AXFR: Packet.TYPE.AXFR,
  ANY: Packet.TYPE.ANY,
  CAA: Packet.TYPE.CAA,
} as const;

/** The name of a record type, such as `MX`; for one that has none here the form of RFC 3597 §5. */
export function typeName(type: number): string {
  return Object.entries(TYPE).find(([, number]) => number === type)?.[0] ?? `TYPE${type}`;
}

/** The number of a record type by its name, such as `MX` or `TYPE65`; `undefined` for a word that is none. */
export function typeNumber(name: string): number | undefined {
  const known = Object.entries(TYPE).find(([word]) => word === name.toUpperCase())?.[1];
  const number = Number(/^TYPE(\d{1,5})$/i.exec(name)?.[1]);
  return known ?? (number <= 0xffff ? number : undefined);
}

export const CLASS = { IN: Packet.CLASS.IN, CH: Packet.CLASS.CH } as const;

export const RCODE = Packet.RCODE;

/** The name of an rcode, such as `NXDOMAIN`; `undefined` for one that has none here. */
export function rcodeName(rcode: number): string | undefined {
  return Object.entries(RCODE).find(([, number]) => number === rcode)?.[0];
}

export const EDE = Packet.EDE;

export const OPCODE = { QUERY: 0, NOTIFY: 4 } as const;

/** Octets of a message header (RFC 1035 §4.1.1). */
export const HEADER = Packet.HEADER_SIZE;

/** Flags in the third octet of a header: response, and truncated. */
export const QR = 0x80;
export const TC = 0x02;

/** Octets of type, class, TTL and RDLENGTH, between a record's owner and its RDATA (RFC 1035 §3.2.1). */
export const RECORD_FIXED = 10;

/** The two upper bits of a compression pointer's first octet, and the highest index that a pointer can have (RFC 1035 §4.1.4). */
export const POINTER = 0xc0;
export const MAX_POINTER = 0x3fff;
/** Octets of a compression pointer. */
export const POINTER_SIZE = 2;

/** Most octets of a message over TCP: its length field has 16 bits (RFC 1035 §4.2.2). */
export const MAX_MESSAGE = 65_535;

/** Most octets of a UDP answer to a client without EDNS (RFC 1035 §4.2.1). */
export const MIN_UDP_PAYLOAD = 512;

/** Most octets of a UDP query: as many as this server offers at most by EDNS, and more than any question needs. */
export const MAX_UDP_QUERY = 4096;

/**
 * Most octets of a message in a datagram over IPv4: 65,535, less 20 for the header of IP (RFC 791) and 8 for that of UDP
 * (RFC 768).
 */
export const MAX_UDP_PAYLOAD = 65_507;
