import { Packet } from "dns2";

/** Numbers of the protocol, by the names of the field. The registries' values come from dns2. */

export const TYPE = {
  A: Packet.TYPE.A,
  NS: Packet.TYPE.NS,
  CNAME: Packet.TYPE.CNAME,
  SOA: Packet.TYPE.SOA,
  PTR: Packet.TYPE.PTR,
  TXT: Packet.TYPE.TXT,
  AAAA: Packet.TYPE.AAAA,
  SRV: Packet.TYPE.SRV,
  OPT: Packet.TYPE.EDNS,
  TSIG: 250,
  IXFR: 251,
  AXFR: Packet.TYPE.AXFR,
  ANY: Packet.TYPE.ANY,
} as const;

export const CLASS = { IN: Packet.CLASS.IN, CH: Packet.CLASS.CH } as const;

export const RCODE = Packet.RCODE;

export const EDE = Packet.EDE;

export const OPCODE = { QUERY: 0, NOTIFY: 4 } as const;

/** Octets of a message header (RFC 1035 §4.1.1). */
export const HEADER = Packet.HEADER_SIZE;

/** Flags in the third octet of a header: a response, and one that is cut short. */
export const QR = 0x80;
export const TC = 0x02;

/** Type, class, TTL and RDLENGTH, between a record's owner and its RDATA (RFC 1035 §3.2.1). */
export const RECORD_FIXED = 10;

/** The two upper bits of a pointer's first octet, and how far into a message it reaches (RFC 1035 §4.1.4). */
export const POINTER = 0xc0;
export const MAX_POINTER = 0x3fff;
/** Octets of a pointer. */
export const POINTER_SIZE = 2;

/** Largest message over TCP: its length is 16 bits (RFC 1035 §4.2.2). */
export const MAX_MESSAGE = 65_535;

/** What a client without EDNS can take over UDP (RFC 1035 §4.2.1). */
export const MIN_UDP_PAYLOAD = 512;

/** The longest query that is read from a datagram: more than this server says it takes, and than any question needs. */
export const MAX_UDP_QUERY = 4096;

/** What a datagram over IPv4 holds: 65,535 octets, of which 20 are for the header of IP and 8 for that of UDP (RFC 768, RFC 791). */
export const MAX_UDP_PAYLOAD = 65_507;
