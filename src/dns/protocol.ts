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

/** Largest message over TCP: its length is 16 bits (RFC 1035 §4.2.2). */
export const MAX_MESSAGE = 65_535;

/** What a client without EDNS can take over UDP (RFC 1035 §4.2.1). */
export const MIN_UDP_PAYLOAD = 512;

/** The most that a datagram holds: 65,535 octets less the headers of IPv4 and UDP. Over IPv6 it would be 20 more. */
export const MAX_UDP_PAYLOAD = 65_507;

/** The largest query that is taken over UDP, and what this server's OPT records offer at most. */
export const MAX_UDP_QUERY = 4096;
