/** The properties of a client on which an answer depends. */
export interface Client {
  /** The address: 4 or 16 octets. An IPv4-mapped IPv6 address is given as the IPv4 address. */
  readonly octets: Uint8Array;
  /** Whether its queries are answered. If not, they are refused. */
  readonly mayQuery: boolean;
  /** Whether its queries for names outside the zones are forwarded. */
  readonly mayRecurse: boolean;
}

/** An address and a port of this machine. */
export interface Endpoint {
  /** 4 or 16 octets; none if it is not known. */
  readonly octets: Uint8Array;
  /** 0 if it is not known. */
  readonly port: number;
}

/** How a message arrived. */
export interface Channel {
  /** Whether it is a stream: answers have up to 65,535 octets and need no TC. */
  readonly stream: boolean;
  /** Whether it is encrypted: answers are padded if the client asks for it (RFC 7830). */
  readonly encrypted: boolean;
  /** Idle timeout to tell the client (RFC 7828), in units of 100 ms; -1 if it does not apply. */
  readonly keepalive: number;
  /** Index in `TRANSPORTS`, for the statistics. */
  readonly transport: number;
  /** Whether zones may be transferred through it (RFC 9103 §9: over TLS not in every case). */
  readonly transfers: boolean;
}

/**
 * What comes next of a response of several messages: some of them, each with its length in two octets in front; or that the next are not
 * there yet, that there are no more, or that it cannot be completed: what the client has received of it is useless.
 */
export type Following = Uint8Array | "waiting" | "end" | "broken";

/** The second and later messages of a response, as in a zone transfer (RFC 5936 §2.2). */
export interface FollowingMessages {
  /** The memory of messages stays as it is until `taken` is called for them. */
  next(): Following;
  /** The operating system has taken the messages of the first call of `next` for which this has not been said. */
  taken(): void;
  /** Sets what is called, once, when there is more after "waiting". */
  onReady(resume: () => void): void;
  /** The operating system has taken the last octet for the client. No further call follows. */
  sent(): void;
  /** The client has left, and no memory is read any more. No further call follows. */
  cancel(): void;
}

const NOTHING = new Uint8Array(0);
const NOWHERE: Endpoint = { octets: NOTHING, port: 0 };

/**
 * A message from a client, how it arrived, and memory for the response. Each transport uses one object for all its requests, one
 * after the other: `copy` a request to keep it longer than the call.
 */
export class Request {
  /** Has the query in its first `length` octets. The memory may be reused after the request has been handled. */
  message: Uint8Array = NOTHING;
  length = 0;
  /** Memory for the response: 65,535 octets for a stream; `maxUdpPayload`, but at least 512, for a datagram. */
  out: Uint8Array;
  client: Client = NOBODY;
  /** The client's port, and where it has sent the message, for the query log; 0 and `NOWHERE` if that is not known. */
  port = 0;
  server: Endpoint = NOWHERE;
  readonly channel: Channel;
  /** The messages that follow the one in `out`; undefined for a response of one message, as nearly all are. */
  following: FollowingMessages | undefined;

  constructor(channel: Channel, out: Uint8Array) {
    this.channel = channel;
    this.out = out;
  }

  /** Sets the next request. */
  set(message: Uint8Array, length: number, client: Client): void {
    this.message = message;
    this.length = length;
    this.client = client;
    this.following = undefined;
  }

  /** A copy, to be answered later. @param out memory for the response */
  copy(out: Uint8Array): Request {
    const copy = new Request(this.channel, out);
    // slice() of a Buffer does not copy.
    copy.set(new Uint8Array(this.message.subarray(0, this.length)), this.length, this.client);
    copy.following = this.following;
    copy.port = this.port;
    copy.server = this.server;
    return copy;
  }
}

/** A client that may do nothing. */
export const NOBODY: Client = { octets: new Uint8Array(4), mayQuery: false, mayRecurse: false };
