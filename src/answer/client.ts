/** Who asks, as far as an answer depends on it. */
export interface Client {
  /** The address, 4 or 16 octets; an IPv4-mapped IPv6 address is the IPv4 address. */
  readonly octets: Uint8Array;
  /** Whether it is answered at all. */
  readonly mayQuery: boolean;
  /** Whether its queries for other people's names are forwarded. */
  readonly mayRecurse: boolean;
}

/** How a message came, as far as an answer depends on it. */
export interface Channel {
  /** No datagrams: answers have up to 65,535 octets and are never to be asked for again. */
  readonly stream: boolean;
  /** Nobody can read along: answers are padded where the client asks for it (RFC 7830). */
  readonly encrypted: boolean;
  /** Idle timeout to tell the client of (RFC 7828), in units of 100 ms; -1 where that makes no sense. */
  readonly keepalive: number;
}

export const DATAGRAM: Channel = { stream: false, encrypted: false, keepalive: -1 };
