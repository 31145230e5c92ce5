/** Who asks, as far as an answer depends on it. */
export interface Client {
  /** The address, 4 or 16 octets; an IPv4-mapped IPv6 address is the IPv4 address. */
  readonly octets: Uint8Array;
  /** Whether it is answered at all. */
  readonly mayQuery: boolean;
  /** Whether its queries for other people's names are forwarded. */
  readonly mayRecurse: boolean;
}

/** How a message came. */
export interface Channel {
  /** No datagrams: answers have up to 65,535 octets and are never to be asked for again. */
  readonly stream: boolean;
  /** Nobody can read along: answers are padded where the client asks for it (RFC 7830). */
  readonly encrypted: boolean;
  /** Idle timeout to tell the client of (RFC 7828), in units of 100 ms; -1 where that makes no sense. */
  readonly keepalive: number;
  /** Where it counts in the statistics: an index in their list of transports. */
  readonly transport: number;
}

/** The messages of a response behind its first one, as a zone transfer has them (RFC 5936 §2.2). */
export interface FollowingMessages {
  /** Writes the next message into the request's `out`. Returns its octets, or 0 behind the last message. */
  write(request: Request): number;
  /** The client has left, or the response cannot be finished: there will be no other call. */
  cancel(): void;
}

const NOTHING = new Uint8Array(0);

/**
 * A message from a client, how it came, and where the response goes. Each transport has one object for all its requests, one after
 * the other; what outlives the call takes a copy.
 */
export class Request {
  /** Holds the query in its first `length` octets; it may be used for something else when the request has been handled. */
  message: Uint8Array = NOTHING;
  length = 0;
  /** Receives the response: 65,535 octets for a stream, `maxUdpPayload` and at least 512 for a datagram. */
  out: Uint8Array;
  client: Client = NOBODY;
  readonly channel: Channel;
  /** What follows the message in `out`; nothing for a response of one message, as nearly all are. */
  following: FollowingMessages | undefined;

  constructor(channel: Channel, out: Uint8Array) {
    this.channel = channel;
    this.out = out;
  }

  /** Makes this the next request. */
  set(message: Uint8Array, length: number, client: Client): void {
    this.message = message;
    this.length = length;
    this.client = client;
    this.following = undefined;
  }

  /** The same request, to be answered later. @param out receives the response */
  copy(out: Uint8Array): Request {
    const copy = new Request(this.channel, out);
    // slice() of a Buffer would be no copy.
    copy.set(new Uint8Array(this.message.subarray(0, this.length)), this.length, this.client);
    copy.following = this.following;
    return copy;
  }
}

const NOBODY: Client = { octets: new Uint8Array(4), mayQuery: false, mayRecurse: false };
